import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { balenaYml } from "../support/balena.ts";

/** `npm run balena`: writes the settings into balena.yml. */
writeFileSync(join(PACKAGE_FOLDER, "balena.yml"), balenaYml());
