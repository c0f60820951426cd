// Owns the frame of the admin's HTML pages. No script, nothing from elsewhere: they work in any browser and offline.

const style = `
:root { color-scheme: light dark; --line: #8884; --accent: #0a7; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; border-bottom: 3px solid var(--accent); padding-bottom: .3rem; }
section { border-top: 1px solid var(--line); padding: .7rem 0; display: grid; grid-template-columns: 17rem 1fr; gap: 1rem; }
section p { margin: 0 0 .4rem; }
code, a, button, pre { font-family: ui-monospace, monospace; }
button { border: 1px solid var(--accent); border-radius: 4px; background: none; color: inherit; padding: .1rem .6rem; cursor: pointer; }
label { display: block; font-size: .85rem; }
input, select { font: inherit; margin-right: .5rem; }
pre { overflow-x: auto; font-size: 13px; }
`;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What comes before and after the body of a page; long bodies are sent in between, in parts. */
export function frame(title: string): { readonly head: string; readonly tail: string } {
  const head = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(title)}</h1>
`;
  return { head, tail: '</body></html>\n' };
}
