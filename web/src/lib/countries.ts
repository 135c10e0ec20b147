import regions from "./phone-regions.json";

const names = new Intl.DisplayNames("en", { type: "region" });

/** A country's name by its ISO 3166 code. */
export function countryName(region: string): string {
  try {
    return names.of(region) ?? region;
  } catch {
    return region;
  }
}

/** Every country that has phone numbers, by name: "South Africa (+27)". */
export function countries(): { value: string; label: string }[] {
  return Object.entries(regions)
    .map(([region, code]) => ({ value: region, label: `${countryName(region)} (+${code})` }))
    .sort((a, b) => a.label.localeCompare(b.label));
}
