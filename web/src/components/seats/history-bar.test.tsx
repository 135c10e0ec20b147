import { screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { show } from "@/test/render";
import { aHistory } from "@/test/views";
import { HistoryBar } from "./history-bar";

describe("the history's progress", () => {
  test("shows what is taken in and how far", () => {
    show(<HistoryBar history={aHistory({ phase: "recent", percent: 40 })} name="Sales" />);
    expect(screen.getByText("Sales: Taking in recent messages")).toBeDefined();
    expect(screen.getByText("40 %")).toBeDefined();
  });

  test("shows nothing once all is done, or if there is none", () => {
    show(<HistoryBar history={aHistory({ percent: 100, done: true })} />);
    show(<HistoryBar history={undefined} />);
    expect(screen.queryByText(/Taking in/)).toBeNull();
  });
});
