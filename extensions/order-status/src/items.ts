// The order's units as its metafields hold them (serializer.properties and, of large orders, properties_2 and on); the
// Customer Account API gives them to the customer of the order and to nobody else.
export interface Item {
  itemId: string;
  serialNumber?: string;
  warrantyDuration?: { unit: "day" | "month" | "year"; value: number } | null;
}

interface Page {
  items?: Item[];
  pages?: number;
  revision?: unknown;
}

/** As many pages as the app lets customers read (serializer_app/sync/install.py). */
const PAGES = 4;
const KEYS = Array.from({ length: PAGES }, (_, page) => (page ? `properties_${page + 1}` : "properties"));

const QUERY = `query Items($id: ID!) {
  order(id: $id) {
    ${KEYS.map((key) => `${key}: metafield(namespace: "serializer", key: "${key}") { value }`).join("\n    ")}
  }
}`;

export async function itemsOf(orderId: string): Promise<Item[]> {
  const answer = await fetch("shopify://customer-account/api/2026-07/graphql.json", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: QUERY, variables: { id: orderId } }),
  });
  const { data } = await answer.json();
  const pages = KEYS.map((key): Page | null => read(data?.order?.[key]?.value));
  const first = pages[0];
  if (!first) return [];
  // Pages that a shrunken order left behind, or of another writing, are not this order's any more.
  return pages
    .slice(0, first.pages ?? 1)
    .filter((page): page is Page => page !== null && page.revision === first.revision)
    .flatMap((page) => page.items ?? []);
}

function read(value: unknown): Page | null {
  return typeof value === "string" ? JSON.parse(value) : null;
}

/** In the buyer's words: "24 months"; null where there is nothing to promise. */
export function warranty(item: Item, locale: string, lifetime: string): string | null {
  const duration = item.warrantyDuration;
  if (!duration) return null;
  if (duration.unit === "year" && duration.value === 100) return lifetime;
  const style = { style: "unit", unit: duration.unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(locale, style).format(duration.value);
}
