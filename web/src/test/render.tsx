import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactElement } from "react";
import { makeCache } from "@/services/cache";
import { theme } from "@/theme/theme";

/** Renders with what every component stands in. */
export function show(element: ReactElement) {
  return render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={makeCache()}>{element}</QueryClientProvider>
    </MantineProvider>,
  );
}
