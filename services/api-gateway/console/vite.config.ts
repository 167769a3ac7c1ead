import { defineConfig } from "vite";

// Into the gateway's package. Assets carry a hash in their name and stand below /console, so that they may be cached for ever.
export default defineConfig({
  base: "/console/",
  publicDir: false,
  build: {
    outDir: "../src/lotse_gateway/console_page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // nothing inline: the policy of the page allows none
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
  },
});
