// Nothing is shown for an order without items, nor when they cannot be had: the page is about the order.
import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";

import { type Item, itemsOf, warranty } from "./items";

export default async () => {
  render(<OrderStatus />, document.body);
};

function OrderStatus() {
  const { i18n, order, shop, localization, settings } = shopify;
  const [items, setItems] = useState<Item[]>([]);
  const orderId = order.value?.id;

  useEffect(() => {
    if (orderId) itemsOf(orderId).then(setItems, () => setItems([]));
  }, [orderId]);

  if (!items.length) return null;
  const locale = localization.language.value.isoCode;
  // A merchant may move the app proxy, and then names its path in the block's settings.
  const proxy =
    String(settings.value.proxy_path ?? "")
      .trim()
      .replace(/^\/+|\/+$/g, "") || "apps/serializer";
  const page = (item: Item) =>
    `https://${shop.myshopifyDomain}/${proxy}/verify?${new URLSearchParams({ code: item.itemId, locale })}`;

  return (
    <s-section heading={i18n.translate("title")}>
      <s-stack direction="block" gap="base">
        {items.map((item) => {
          const covered = warranty(item, locale, i18n.translate("lifetime"));
          return (
            <s-stack key={item.itemId} direction="block" gap="small">
              <s-text type="strong">
                {i18n.translate("item")} {item.itemId}
              </s-text>
              {item.serialNumber && (
                <s-text>
                  {i18n.translate("serial")}: {item.serialNumber}
                </s-text>
              )}
              {covered && (
                <s-text color="subdued">
                  {i18n.translate("warranty")}: {covered}
                </s-text>
              )}
              <s-link href={page(item)} target="_blank">
                {i18n.translate("open")}
              </s-link>
            </s-stack>
          );
        })}
      </s-stack>
    </s-section>
  );
}
