import { expect, test } from "vitest";
import examples from "@/test/phone-examples.json";
import { phoneNumber } from "./phone";

test("numbers of every country are written as the server writes them", () => {
  expect(Object.keys(examples).length).toBeGreaterThan(400);
  for (const [digits, shown] of Object.entries(examples)) expect(phoneNumber(digits)).toBe(shown);
});

test.each([
  ["27825550142", "+27 82 555 0142"],
  ["5215512345678", "+52 15512345678"], // as WhatsApp writes it, and nobody else
  ["9991234567", "+9991234567"],
  ["", ""],
  ["12", "12"],
  ["not-a-number", "not-a-number"],
])("the number %s reads %s", (digits, shown) => {
  expect(phoneNumber(digits)).toBe(shown);
});
