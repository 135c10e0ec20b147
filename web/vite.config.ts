import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The server that `npm run dev` passes API calls on to.
const backend = process.env.AIBUD_BACKEND ?? "http://127.0.0.1:3000";
const passOn = { target: backend, changeOrigin: false, ws: true };

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": resolve(import.meta.dirname, "src") } },
  build: {
    outDir: "dist",
    // dist/stub.html is committed, so the folder is not emptied whole: see scripts/clean.mjs.
    emptyOutDir: false,
    // The content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: {
        index: resolve(import.meta.dirname, "index.html"),
        phone: resolve(import.meta.dirname, "phone.html"),
      },
    },
  },
  server: { proxy: { "/v1": passOn, "/demo/api": passOn, "/demo/signin": passOn, "/admin": passOn } },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    restoreMocks: true,
  },
});
