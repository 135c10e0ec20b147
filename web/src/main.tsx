import "@/theme/styles";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { makeCache } from "./services/cache";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App cache={makeCache()} />
  </StrictMode>,
);
