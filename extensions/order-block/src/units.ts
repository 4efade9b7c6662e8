// What the app says about the units of an order (serializer_app/web/extension.py).
export interface Unit {
  itemId: string;
  serialNumber: string | null;
  title: string;
  registered: boolean;
  version: number;
}

export interface Page {
  units: Unit[];
  more: boolean;
}

async function asked<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(path, init);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body?.error?.message ?? String(answer.status));
  return body as T;
}

export const unitsOf = (orderId: string) => asked<Page>(`/extension/orders/${encodeURIComponent(orderId)}`);

/** `version` makes a change by somebody else meanwhile a conflict instead of a lost entry. */
export const changeSerial = (unit: Unit, serialNumber: string | null) =>
  asked<Pick<Unit, "serialNumber" | "version">>(`/extension/items/${encodeURIComponent(unit.itemId)}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ serialNumber, version: unit.version }),
  });
