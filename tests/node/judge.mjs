// Reads one request a line (JSON) from stdin, answers with the verdict of @shopify/shopify-api: true, false, or null
// where the library throws something other than its own refusals. Runs in the folder where the library is installed.
import { createInterface } from "node:readline";
import { LogSeverity, shopifyApi } from "@shopify/shopify-api";
import "@shopify/shopify-api/adapters/node";

const { key, secret, version } = JSON.parse(process.argv[2]);
const shopify = shopifyApi({
  apiKey: key,
  apiSecretKey: secret,
  apiVersion: version,
  hostName: "app.example",
  isEmbeddedApp: true,
  logger: { level: LogSeverity.Error, log: () => {} },
});

const judges = {
  async webhook({ body, header }) {
    const headers = {
      "x-shopify-topic": "orders/create",
      "x-shopify-shop-domain": "quiet-mountain.myshopify.com",
      "x-shopify-api-version": version,
      "x-shopify-webhook-id": "1",
    };
    if (header !== null) headers["x-shopify-hmac-sha256"] = header;
    const rawRequest = { method: "POST", url: "/webhooks", headers };
    return (await shopify.webhooks.validate({ rawBody: body, rawRequest })).valid;
  },
  async proxy({ query }) {
    return shopify.utils.validateHmac(new URLSearchParams(query), { signator: "appProxy" });
  },
  async callback({ query }) {
    // As auth.callback does: the shop is sanitised, the state belongs to a cookie, the rest is validateHmac.
    const parameters = new URLSearchParams(query);
    const valid = await shopify.utils.validateHmac(Object.fromEntries(parameters.entries()));
    return valid && Boolean(shopify.utils.sanitizeShop(parameters.get("shop") ?? ""));
  },
  async token({ token }) {
    await shopify.session.decodeSessionToken(token);
    return true;
  },
};

const refusals = new Set(["InvalidHmacError", "InvalidJwtError", "InvalidShopError", "InvalidOAuthError"]);
for await (const line of createInterface({ input: process.stdin })) {
  const { door, ...request } = JSON.parse(line);
  let verdict;
  try {
    verdict = Boolean(await judges[door](request));
  } catch (error) {
    verdict = refusals.has(error.constructor.name) ? false : null;
  }
  process.stdout.write(`${verdict}\n`);
}
