import "@/theme/styles";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { makeCache } from "@/services/cache";
import { cssVariables, theme } from "@/theme/theme";
import { DemoPage } from "./demo-page";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="dark">
      <QueryClientProvider client={makeCache()}>
        <DemoPage />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
