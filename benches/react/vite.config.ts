import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // The server puts the built folder below this path.
  base: "/react/",
  plugins: [react()],
  build: {
    rollupOptions: {
      input: { plain: "plain.html", virtual: "virtual.html" },
    },
  },
});
