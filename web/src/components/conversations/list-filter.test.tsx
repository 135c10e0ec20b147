import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { api } from "@/api/client";
import { show } from "@/test/render";
import { aSeat } from "@/test/views";
import { ListFilter } from "./list-filter";

const labels = [
  { id: "l1", seat: "s1", name: "Hot lead", color: 3 },
  { id: "l2", seat: "s1", name: "Signed", color: 7 },
];
const seats = [aSeat(), aSeat({ id: "s2", name: "Rentals" })];
const has = (items: object[]) =>
  vi.spyOn(api, "GET").mockResolvedValue({ data: { items }, response: new Response() } as never);

afterEach(() => vi.restoreAllMocks());

test("a seat's labels narrow the list further", async () => {
  has(labels);
  const change = vi.fn();
  show(<ListFilter seats={seats} filter={{ seat: "s1" }} onChange={change} />);
  await userEvent.click(screen.getByRole("button", { name: "Filter: Sales" }));
  expect(screen.getByRole("menuitemradio", { name: "Sales" })).toBeChecked();
  await userEvent.click(await screen.findByRole("menuitemradio", { name: "Hot lead" }));
  expect(change).toHaveBeenCalledWith({ seat: "s1", label: "l1" });
});

test("with another seat the label goes", async () => {
  has(labels);
  const change = vi.fn();
  show(<ListFilter seats={seats} filter={{ seat: "s1", label: "l1" }} onChange={change} />);
  await userEvent.click(await screen.findByRole("button", { name: "Filter: Hot lead" }));
  await userEvent.click(screen.getByRole("menuitemradio", { name: "Rentals" }));
  expect(change).toHaveBeenCalledWith({ seat: "s2" });
});

test("one seat has a filter only if it has labels", async () => {
  const ask = has([]);
  const { rerender } = show(<ListFilter seats={[aSeat()]} filter={{}} onChange={() => {}} />);
  await vi.waitFor(() => expect(ask).toHaveBeenCalled());
  expect(screen.queryByRole("button")).toBeNull();
  rerender(<div />);
  has(labels);
  show(<ListFilter seats={[aSeat()]} filter={{}} onChange={() => {}} />);
  await userEvent.click(await screen.findByRole("button", { name: "Filter: All" }));
  expect(screen.getByRole("menuitemradio", { name: "Signed" })).toBeVisible();
});
