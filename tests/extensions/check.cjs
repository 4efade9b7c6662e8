// Runs Shopify's own theme-check over an extension: node check.cjs <folder>; prints its offences as JSON.
const { themeCheckRun } = require("@shopify/theme-check-node");

themeCheckRun(process.argv[2], "theme-check:theme-app-extension").then(({ offenses }) => {
  console.log(JSON.stringify(offenses.map(({ check, message, uri }) => ({ check, message, file: uri.split("/").slice(-2).join("/") }))));
});
