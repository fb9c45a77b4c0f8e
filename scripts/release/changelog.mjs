/** The section of a version, or null. */
export function changelogSection(changelog, version) {
  const sections = changelog.split(/^(?=## )/m).slice(1);
  const section = sections.find((text) => /^## (\S+)/.exec(text)?.[1] === version);
  if (section === undefined) return null;
  const [heading, ...lines] = section.split('\n');
  return { heading, text: lines.join('\n').trim() };
}

/** Adds the date to a version's heading, where it has none. */
export function dateSection(changelog, version, day) {
  return changelog.replace(`\n## ${version}\n`, `\n## ${version} (${day})\n`);
}
