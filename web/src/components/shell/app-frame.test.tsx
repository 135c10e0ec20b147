import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { makeCache } from "@/services/cache";
import { keys } from "@/services/keys";
import { theme } from "@/theme/theme";
import { AppFrame } from "./app-frame";

afterEach(() => vi.unstubAllGlobals());

const me = {
  tenant: { id: "t1", name: "Baobab Estates" },
  user: { id: "u1", name: "Thandi Mokoena", email: "thandi@baobab.example" },
};

test("an outage leaves the page and what is typed there", async () => {
  vi.stubGlobal(
    "WebSocket",
    class {
      close() {}
    },
  );
  vi.spyOn(api, "GET").mockRejectedValue(new TypeError("Failed to fetch"));
  const cache = makeCache();
  cache.setDefaultOptions({ queries: { ...cache.getDefaultOptions().queries, retry: false } });
  cache.setQueryData(keys.me, me);
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={cache}>
        <AppFrame>
          <input aria-label="Draft" defaultValue="Half a thought" />
        </AppFrame>
      </QueryClientProvider>
    </MantineProvider>,
  );
  const field = screen.getByRole("textbox", { name: "Draft" });
  await act(() => cache.invalidateQueries({ queryKey: keys.me }));
  await waitFor(() => expect(cache.getQueryState(keys.me)?.status).toBe("error"));
  expect(screen.getByRole("textbox", { name: "Draft" })).toBe(field);
});
