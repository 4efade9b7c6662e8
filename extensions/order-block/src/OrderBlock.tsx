// The units of the order on this page. Reads and writes over /extension/… of the app; Shopify adds the id token.
import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { changeSerial, type Unit, unitsOf } from "./units";

export default async () => {
  render(<OrderBlock />, document.body);
};

function OrderBlock() {
  const { data, i18n } = shopify;
  const [units, setUnits] = useState<Unit[] | null>(null);
  const [more, setMore] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  // "gid://shopify/Order/123"
  const orderId = data.selected[0]?.id.split("/").pop() ?? "";

  useEffect(() => {
    unitsOf(orderId).then(
      (page) => {
        setUnits(page.units);
        setMore(page.more);
      },
      (error: Error) => setProblem(error.message),
    );
  }, [orderId]);

  const changed = (unit: Unit) =>
    setUnits((before) =>
      before === null ? null : before.map((one) => (one.itemId === unit.itemId ? unit : one)),
    );

  return (
    <s-admin-block heading={i18n.translate("title")}>
      <s-stack direction="block" gap="base">
        {problem && <s-banner tone="critical">{i18n.translate("trouble", { problem })}</s-banner>}
        {!problem && units === null && <s-text>{i18n.translate("loading")}</s-text>}
        {units?.length === 0 && <s-text>{i18n.translate("none")}</s-text>}
        {units?.map((unit) => (
          <UnitRow key={unit.itemId} unit={unit} onChange={changed} />
        ))}
        {more && <s-text color="subdued">{i18n.translate("more")}</s-text>}
      </s-stack>
    </s-admin-block>
  );
}

function UnitRow({ unit, onChange }: { unit: Unit; onChange: (unit: Unit) => void }) {
  const { i18n } = shopify;
  const [typed, setTyped] = useState(unit.serialNumber ?? "");
  const [saving, setSaving] = useState(false);
  const [saved, setSaved] = useState(false);
  const [problem, setProblem] = useState<string | undefined>();

  const save = async () => {
    setSaving(true);
    setSaved(false);
    setProblem(undefined);
    try {
      const answer = await changeSerial(unit, typed.trim() || null);
      onChange({ ...unit, ...answer });
      setSaved(true);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setSaving(false);
  };

  return (
    <s-stack direction="inline" gap="base" alignItems="end">
      <s-stack direction="block">
        <s-text type="strong">{unit.title || unit.itemId}</s-text>
        <s-text color="subdued">{unit.itemId}</s-text>
        {unit.registered && <s-badge tone="success">{i18n.translate("registered")}</s-badge>}
      </s-stack>
      <s-text-field
        label={i18n.translate("serial")}
        value={typed}
        maxLength={64}
        error={problem}
        onInput={(event) => setTyped(event.currentTarget.value ?? "")}
      />
      <s-button onClick={save} loading={saving} disabled={typed.trim() === (unit.serialNumber ?? "")}>
        {i18n.translate(saved ? "saved" : "save")}
      </s-button>
    </s-stack>
  );
}
