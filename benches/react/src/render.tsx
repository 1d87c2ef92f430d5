import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { createRoot } from "react-dom/client";
import { type Parameters, parameters } from "./parameters";

/** Shows `List` on the page. */
export function render(List: ComponentType<Parameters>) {
  const root = document.getElementById("root");
  if (!root) throw new Error("the page has no #root");
  createRoot(root).render(
    <QueryClientProvider client={new QueryClient()}>
      <List {...parameters()} />
    </QueryClientProvider>,
  );
}
