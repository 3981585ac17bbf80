// @ts-check
/** The page of a finished run: its film. */
import { startFilm } from "./film.js";

await startFilm(JSON.parse(document.getElementById("film-data")?.textContent ?? "{}"));
