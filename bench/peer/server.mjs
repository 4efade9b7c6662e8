// The storefront's page and orders/create as Shopify's documentation teaches them for Node, in two processes:
// `node server.mjs express prisma|pg` or `node server.mjs react-router prisma`, with PORT, DATABASE_URL and
// SHOPIFY_API_SECRET in the environment.
import cluster from "node:cluster";

const PROCESSES = 2;

if (cluster.isPrimary) {
  for (let number = 0; number < PROCESSES; number += 1) cluster.fork();
} else {
  const [framework, store] = process.argv.slice(2);
  const { application } = await import(`./${framework}.mjs`);
  const app = await application(await import(`./store-${store}.mjs`));
  app.listen(Number(process.env.PORT), "127.0.0.1");
}
