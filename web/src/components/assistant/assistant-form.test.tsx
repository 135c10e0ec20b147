import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { show } from "@/test/render";
import { AssistantForm } from "./assistant-form";

const saved = { enabled: true, persona: "Kind.", business: "" };

test("says what is not saved yet, and saves all of it", async () => {
  const save = vi.fn();
  show(<AssistantForm draft="assistant" saved={saved} saving={false} error={null} onSave={save} />);
  expect(screen.getByRole("status")).toHaveTextContent("All changes saved");
  await userEvent.type(screen.getByRole("textbox", { name: "Business description" }), "Rosebank");
  await userEvent.click(screen.getByRole("switch"));
  expect(screen.getByRole("status")).toHaveTextContent("Changes not saved yet");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(save).toHaveBeenCalledWith({ enabled: false, persona: "Kind.", business: "Rosebank" });
});

test("discards what was typed", async () => {
  show(<AssistantForm draft="assistant" saved={saved} saving={false} error={null} onSave={() => {}} />);
  await userEvent.type(screen.getByRole("textbox", { name: "Persona" }), "!");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(screen.getByRole("textbox", { name: "Persona" })).toHaveValue("Kind.");
});

test("what is not saved is there again, until it is discarded", async () => {
  const form = (
    <AssistantForm draft="assistant" saved={saved} saving={false} error={null} onSave={() => {}} />
  );
  const first = show(form);
  await userEvent.type(screen.getByRole("textbox", { name: "Persona" }), " Brief.");
  first.unmount();
  const second = show(form);
  expect(screen.getByRole("textbox", { name: "Persona" })).toHaveValue("Kind. Brief.");
  expect(screen.getByRole("status")).toHaveTextContent("Changes not saved yet");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  second.unmount();
  show(form);
  expect(screen.getByRole("textbox", { name: "Persona" })).toHaveValue("Kind.");
});

test.each(["{", "null", "[]", '{"persona":1}'])("the kept draft %s is none", (kept) => {
  localStorage.setItem("aibud.draft.assistant", kept);
  show(<AssistantForm draft="assistant" saved={saved} saving={false} error={null} onSave={() => {}} />);
  expect(screen.getByRole("status")).toHaveTextContent("All changes saved");
});
