/** Unsent texts, kept in this browser by conversation until they are sent or the person signs out. */
const prefix = "aibud.draft.";

export function loadDraft(conversation: string): string {
  return attempt(() => localStorage.getItem(prefix + conversation)) ?? "";
}

export function saveDraft(conversation: string, text: string): void {
  attempt(() => {
    if (text === "") localStorage.removeItem(prefix + conversation);
    else localStorage.setItem(prefix + conversation, text);
  });
}

export function clearDrafts(): void {
  attempt(() => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(prefix)) localStorage.removeItem(key);
    }
  });
}

/** Storage may be blocked or full; drafts are a comfort, so that is no error. */
function attempt<T>(access: () => T): T | undefined {
  try {
    return access();
  } catch {
    return undefined;
  }
}
