import "@testing-library/jest-dom/vitest";
import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// Mantine asks for these; happy-dom has no layout to answer from.
window.matchMedia = vi.fn(
  (query: string) => new MediaQueryListStub(query),
) as unknown as typeof window.matchMedia;

class MediaQueryListStub extends EventTarget {
  readonly matches = false;
  constructor(readonly media: string) {
    super();
  }
  addListener(): void {}
  removeListener(): void {}
}
