// App Bridge, Shopify's script around this page. It may be missing, or come later than ours.

export const shopify = () => window.shopify || {};
