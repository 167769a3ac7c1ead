import { defineConfig, type Plugin } from "vite";

/** The map is most of the page and comes in files of its own: their loading begins with the page, not after it. */
const preloadMap: Plugin = {
  name: "preload-map",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle }) =>
      Object.values(bundle ?? {})
        .filter((part) => part.type === "chunk" && part.facadeModuleId?.endsWith("/map/view.ts"))
        .flatMap((part) => [
          { tag: "link", attrs: { rel: "modulepreload", href: `/console/${part.fileName}` }, injectTo: "head" as const },
          ...[...(part.type === "chunk" ? (part.viteMetadata?.importedCss ?? []) : [])].map((css) => ({
            tag: "link",
            attrs: { rel: "preload", as: "style", crossorigin: true, href: `/console/${css}` },
            injectTo: "head" as const,
          })),
        ]),
  },
};

// Into the gateway's package. Assets carry a hash in their name and stand below /console, so that they may be cached for ever.
export default defineConfig({
  base: "/console/",
  plugins: [preloadMap],
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
