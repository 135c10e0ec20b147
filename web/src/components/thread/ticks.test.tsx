import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { show } from "@/test/render";
import { Ticks } from "./ticks";

test.each([
  ["queued", "Waiting to be sent"],
  ["sending", "Being sent"],
  ["sent", "Sent"],
  ["delivered", "Delivered"],
  ["read", "Read"],
  ["played", "Played"],
  ["failed", "Not sent"],
] as const)("%s is told as %s", (delivery, label) => {
  show(<Ticks delivery={delivery} />);
  expect(screen.getByRole("img", { name: label })).toHaveAttribute("data-delivery", delivery);
});

test("what came in has no ticks", () => {
  show(<Ticks delivery="received" />);
  expect(screen.queryByRole("img")).toBeNull();
});
