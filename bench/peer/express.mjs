// Shopify's official package for Express, and its API library for the signature of the app proxy.
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, DeliveryMethod, LogSeverity } from "@shopify/shopify-api";
import { shopifyApp } from "@shopify/shopify-app-express";
import express from "express";

const WEBHOOK = "/webhooks/orders-create";

export async function application(store) {
  const shopify = shopifyApp({
    api: {
      apiKey: "key-of-the-bench",
      apiSecretKey: process.env.SHOPIFY_API_SECRET,
      apiVersion: ApiVersion.July26,
      scopes: ["write_orders"],
      hostScheme: "http",
      hostName: `127.0.0.1:${process.env.PORT}`,
      logger: { level: LogSeverity.Error },
    },
    auth: { path: "/auth", callbackPath: "/auth/callback" },
    webhooks: { path: WEBHOOK },
  });
  const app = express();
  app.post(
    WEBHOOK,
    shopify.processWebhooks({
      webhookHandlers: {
        ORDERS_CREATE: {
          deliveryMethod: DeliveryMethod.Http,
          callbackUrl: WEBHOOK,
          callback: async (_topic, shop, body) => store.applyOrder(shop, JSON.parse(body)),
        },
      },
    }),
  );
  app.get("/apps/serializer/items", async (request, response) => {
    const genuine = await shopify.api.utils
      .validateHmac(request.query, { signator: "appProxy" })
      .catch(() => false);
    const shop = genuine ? await store.installedShop(request.query.shop) : null;
    if (shop === null) return response.status(401).json({ error: { code: "unauthorized" } });
    const { orderId, itemRef } = request.query;
    if (orderId === undefined && itemRef === undefined) {
      return response.status(400).json({ error: { code: "filter_missing" } });
    }
    response.set("Cache-Control", "no-store").json(await store.items(shop, { orderId, itemRef }));
  });
  return app;
}
