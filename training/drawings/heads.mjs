// Writes heads with changing faces as SVG drawings: NAME--0.svg, NAME--1.svg, ... are poses of one head.
//
//     npm install @dicebear/core@9 @dicebear/collection@9 facesjs@5
//     node heads.mjs FOLDER [HEADS_OF_EACH_STYLE] [POSES]
//
// Run it where the packages are installed. The same arguments write the same files.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAvatar } from "@dicebear/core";
import * as collection from "@dicebear/collection";

// Style, its name here, and what moves in a face. All are CC0 or CC BY 4.0.
const styles = [
  [collection.adventurer, "adventurer", ["eyes", "mouth", "eyebrows"]],
  [collection.bigEars, "big-ears", ["eyes", "mouth"]],
  [collection.bigSmile, "big-smile", ["eyes", "mouth"]],
  [collection.lorelei, "lorelei", ["eyes", "mouth", "eyebrows"]],
  [collection.micah, "micah", ["eyes", "mouth", "eyebrows"]],
  [collection.miniavs, "miniavs", ["eyes", "mouth"]],
  [collection.notionists, "notionists", ["eyes", "lips", "brows"]],
  [collection.openPeeps, "open-peeps", ["face"]],
  [collection.personas, "personas", ["eyes", "mouth"]],
  [collection.toonHead, "toon-head", ["eyes", "mouth", "eyebrows"]],
];

function lots(seed) {
  // mulberry32
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const [folder, heads = "60", poses = "5"] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node heads.mjs FOLDER [HEADS_OF_EACH_STYLE] [POSES]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

for (const [style, name, moving] of styles) {
  for (let head = 0; head < Number(heads); head++) {
    const pick = lots(head * 7919 + name.length);
    for (let pose = 0; pose < Number(poses); pose++) {
      const options = { seed: `${name}-${head}` };
      for (const part of moving) {
        const choices = style.schema.properties[part].items.enum;
        options[part] = [choices[Math.floor(pick() * choices.length)]];
      }
      writeFileSync(join(folder, `${name}-${head}--${pose}.svg`), createAvatar(style, options).toString());
    }
  }
}

// facesjs picks by Math.random.
const { faceToSvgString, generate, svgsIndex } = await import("facesjs");
for (let head = 0; head < Number(heads); head++) {
  Math.random = lots(head * 104729 + 5);
  const face = generate();
  for (let pose = 0; pose < Number(poses); pose++) {
    for (const part of ["eye", "mouth", "eyebrow"]) {
      const choices = svgsIndex[part];
      face[part].id = choices[Math.floor(Math.random() * choices.length)];
    }
    writeFileSync(join(folder, `facesjs-${head}--${pose}.svg`), faceToSvgString(face));
  }
}
