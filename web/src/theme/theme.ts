import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** The accent: a calm deep green. */
const bud: MantineColorsTuple = [
  "#e9f8f0",
  "#d3eee0",
  "#a6dcc1",
  "#76c9a0",
  "#4fb985",
  "#35a571",
  "#1f7f54",
  "#1c734c",
  "#155b3c",
  "#0d3f29",
];

/** Greys with a breath of green, for the dark scheme. */
const dark: MantineColorsTuple = [
  "#e4ece7",
  "#b7c4bc",
  "#93a39a",
  "#64756b",
  "#324038",
  "#26322b",
  "#1a231e",
  "#131a16",
  "#0e1411",
  "#090d0b",
];

/** Warm greys for the light scheme. */
const gray: MantineColorsTuple = [
  "#f8f7f3",
  "#f1f0ea",
  "#e6e5dd",
  "#d9d9d0",
  "#bfc2b8",
  "#9aa097",
  "#6b736c",
  "#4e5750",
  "#333b36",
  "#1d2420",
];

export const theme = createTheme({
  primaryColor: "bud",
  primaryShade: { light: 7, dark: 6 },
  colors: { bud, dark, gray },
  black: "#18211c",
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  headings: { fontFamily: '"Fraunces Variable", Georgia, serif', fontWeight: "560" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Button: { defaultProps: { radius: "md" } },
    Modal: {
      // Titles carry names that people chose, maybe long and without a blank.
      styles: { title: { minWidth: 0, fontSize: 20, lineHeight: 1.3, overflowWrap: "anywhere" } },
      defaultProps: {
        closeButtonProps: { "aria-label": "Close" },
        radius: "lg",
        centered: true,
        overlayProps: { blur: 3, backgroundOpacity: 0.55 },
      },
    },
    Tooltip: {
      defaultProps: { withArrow: true, openDelay: 350, events: { hover: true, focus: true, touch: false } },
    },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Dismiss" } } },
    Menu: { defaultProps: { shadow: "md", radius: "md" } },
  },
});

/** The colours of the light and subtle variants, so that they can be read on dark surfaces. */
function tinted(name: string, rgb: string, text: string): Record<string, string> {
  return {
    [`--mantine-color-${name}-light`]: `rgb(${rgb} / 14%)`,
    [`--mantine-color-${name}-light-hover`]: `rgb(${rgb} / 20%)`,
    [`--mantine-color-${name}-light-color`]: text,
  };
}

/** Aibud's own surfaces, beside Mantine's variables. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {
    ...tinted("bud", "53 165 113", "#a6dcc1"),
    ...tinted("red", "250 82 82", "#ffb3ab"),
    ...tinted("yellow", "240 185 91", "#f5d08e"),
    ...tinted("blue", "77 171 247", "#a5d3fa"),
    ...tinted("gray", "160 180 168", "#c3cec7"),
    "--mantine-color-body": "#0e1411",
    "--mantine-color-text": "#e4ece7",
    "--mantine-color-dimmed": "#93a39a",
    "--mantine-color-error": "#ff9a8f",
    "--mantine-color-placeholder": "#7f8f86",
    "--mantine-color-anchor": "#76c9a0",
    "--surface": "#131a16",
    "--surface-raised": "#19221d",
    "--surface-sunken": "#0a0f0c",
    "--line": "#232e28",
    "--hover": "#1a241e",
    "--selected": "#1b2c23",
    "--accent-text": "#7fd3a9",
    "--bubble-in": "#1b241f",
    "--bubble-out": "#14472f",
    "--bubble-out-text": "#e9f7ef",
    "--bubble-out-dim": "#a5ccb7",
    "--bubble-ai": "#173a45",
    "--bubble-ai-text": "#e6f4f8",
    "--bubble-ai-dim": "#a3c9d4",
    "--read": "#5fc4f5",
    "--good": "#5fd39a",
    "--warn": "#f0b95b",
    "--bad": "#ff8f85",
    "--good-bg": "#15301f",
    "--warn-bg": "#33270f",
    "--bad-bg": "#3a1916",
    "--calm-bg": "#1d2722",
    "--shadow": "0 1px 2px rgb(0 0 0 / 40%), 0 8px 24px rgb(0 0 0 / 28%)",
  },
  light: {
    "--mantine-color-body": "#faf9f5",
    "--mantine-color-text": "#18211c",
    "--mantine-color-dimmed": "#5b655e",
    "--mantine-color-error": "#b3261e",
    "--mantine-color-placeholder": "#6f7a72",
    "--mantine-color-anchor": "#1c734c",
    "--surface": "#ffffff",
    "--surface-raised": "#ffffff",
    "--surface-sunken": "#f1efe8",
    "--line": "#e5e3da",
    "--hover": "#f4f3ec",
    "--selected": "#dcefe4",
    "--accent-text": "#1a6d48",
    "--bubble-in": "#ffffff",
    "--bubble-out": "#d5f0e0",
    "--bubble-out-text": "#11301f",
    "--bubble-out-dim": "#3d6350",
    "--bubble-ai": "#dcedf3",
    "--bubble-ai-text": "#10303b",
    "--bubble-ai-dim": "#3f626e",
    "--read": "#0a6fb0",
    "--good": "#14713f",
    "--warn": "#8a5300",
    "--bad": "#b3261e",
    "--good-bg": "#def3e6",
    "--warn-bg": "#fcefd4",
    "--bad-bg": "#fde4e1",
    "--calm-bg": "#eeece5",
    "--shadow": "0 1px 2px rgb(28 40 33 / 6%), 0 8px 24px rgb(28 40 33 / 8%)",
  },
});
