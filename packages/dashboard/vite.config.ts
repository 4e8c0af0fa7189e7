import { defineConfig } from "vite";

export default defineConfig({
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
    // The licences of what is in the bundle, which ask to be kept with it.
    license: { fileName: "licenses.md" },
  },
});
