import t from "tap";
import { markdownOf } from "../../../workshop/report/text-table.ts";

t.test("a cell of several lines, or with a bar, is one cell", async (t) => {
  const table = { title: "Films", head: ["film", "why"], rows: [["a|b.mp4", "no film\n  in this file"]] };
  t.equal(markdownOf([table]), "Films:\n\n| film | why |\n| --- | --- |\n| a\\|b.mp4 | no film in this file |\n");
});
