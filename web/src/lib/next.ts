/** Where to go after the sign-in: a path of ours, never another site's address. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith("/") || /^\/[/\\]/.test(next) || next.startsWith("/sign-")) return "/conversations";
  return next;
}
