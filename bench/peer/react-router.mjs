// Shopify's official package for React Router, set up as in its app template: two resource routes behind
// `authenticate`, sessions in Prisma. They need no build, so the manifest that Vite would write is written out here.
import "@shopify/shopify-app-react-router/adapters/node";
import { createRequestHandler } from "@react-router/express";
import {
  ApiVersion,
  AppDistribution,
  LogSeverity,
  shopifyApp,
} from "@shopify/shopify-app-react-router/server";
import { PrismaSessionStorage } from "@shopify/shopify-app-session-storage-prisma";
import express from "express";

export async function application(store) {
  const { authenticate } = shopifyApp({
    apiKey: "key-of-the-bench",
    apiSecretKey: process.env.SHOPIFY_API_SECRET,
    apiVersion: ApiVersion.July26,
    scopes: ["write_orders"],
    appUrl: `http://127.0.0.1:${process.env.PORT}`,
    authPathPrefix: "/auth",
    sessionStorage: new PrismaSessionStorage(store.prisma),
    distribution: AppDistribution.AppStore,
    logger: { level: LogSeverity.Error },
  });
  const app = express();
  app.all(
    "*path",
    createRequestHandler({ build: manifest(routes(authenticate, store)), mode: "production" }),
  );
  return app;
}

function routes(authenticate, store) {
  return {
    "routes/items": {
      path: "apps/serializer/items",
      module: {
        async loader({ request }) {
          const { session } = await authenticate.public.appProxy(request);
          const query = new URL(request.url).searchParams;
          const shop = session && (await store.installedShop(session.shop));
          if (!shop) return Response.json({ error: { code: "unauthorized" } }, { status: 401 });
          const [orderId, itemRef] = ["orderId", "itemRef"].map((name) => query.get(name) ?? undefined);
          if (orderId === undefined && itemRef === undefined) {
            return Response.json({ error: { code: "filter_missing" } }, { status: 400 });
          }
          const page = await store.items(shop, { orderId, itemRef });
          return Response.json(page, { headers: { "Cache-Control": "no-store" } });
        },
      },
    },
    "routes/webhooks.orders-create": {
      path: "webhooks/orders-create",
      module: {
        async action({ request }) {
          const { payload, shop } = await authenticate.webhook(request);
          await store.applyOrder(shop, payload);
          return new Response();
        },
      },
    },
  };
}

function manifest(resources) {
  const named = Object.entries(resources).map(([id, route]) => [id, { id, parentId: undefined, ...route }]);
  return {
    entry: { module: { default: () => new Response(null, { status: 404 }) } },
    routes: Object.fromEntries(named),
    assets: { entry: { module: "", imports: [] }, routes: {}, url: "", version: "" },
    publicPath: "/",
    assetsBuildDirectory: "",
    basename: "/",
    future: {},
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: "initial" },
  };
}
