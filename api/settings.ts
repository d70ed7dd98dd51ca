/** The settings of an installation: those of the Workers family, and a part of its own for each other family. */

import { Type } from "typebox";
import { type BuildbarnSettings, buildbarnSettings } from "./buildbarn/settings.ts";
import { optional } from "./schema.ts";
import { type WorkersSettings, workersSettings } from "./workers/settings.ts";

export const settingsSchema = Type.Object(
  { ...workersSettings.properties, buildbarn: optional(buildbarnSettings) },
  { description: "Settings of an installation.", additionalProperties: false },
);

/** A hook gets the whole and reads its own part. */
export type Settings = WorkersSettings & { buildbarn?: BuildbarnSettings };
