import { defineConfig, type Plugin } from "vite";
import { frameHtml } from "./src/app/frame.js";

/** What is painted before the script has run. */
const frame: Plugin = {
  name: "frame",
  transformIndexHtml: (html) => html.replace("<!--frame-->", frameHtml()),
};

export default defineConfig({
  plugins: [frame],
  // Relative, so that the page works wherever a gateway is mounted.
  base: "./",
  build: {
    outDir: "../gateway/dashboard",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    // Inlined files would be data: URLs, which the page's content security policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What several screens share is one small file, not one for each of its parts.
        codeSplitting: { groups: [{ name: "shared", test: /\/src\//, minShareCount: 2 }] },
      },
    },
    // The licences of what is in the bundle, which ask to be kept with it.
    license: { fileName: "licenses.md" },
  },
});
