//! From single figures to tables and verdicts.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::fmt::{self, Display, Formatter};

const BEGIN: &str = "<!-- cargo xtask bench --write: begin -->\n";
const END: &str = "<!-- cargo xtask bench --write: end -->\n";

/// All that was measured in one run.
#[derive(Deserialize)]
pub struct Report {
    machine: Machine,
    rounds: u32,
    /// Bytes of the large file.
    size: u64,
    jobs: Vec<Job>,
}

#[derive(Deserialize)]
struct Machine {
    processor: String,
    cores: u32,
    /// Bytes.
    memory: u64,
    /// The average of the last 15 minutes at the end, ours included.
    load: f64,
    kernel: String,
    browser: String,
    node: String,
}

/// One table.
#[derive(Deserialize)]
struct Job {
    name: String,
    title: String,
    seconds: f64,
    /// Why there is no table: our own part failed.
    failed: Option<String>,
    #[serde(default)]
    unit: String,
    ratio: Option<Ratio>,
    #[serde(default)]
    rows: Vec<Row>,
}

/// What is divided by what.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Ratio {
    FirstToThis,
    ThisToFirst,
}

/// One contestant.
#[derive(Deserialize)]
struct Row {
    name: String,
    /// One figure a round.
    values: Vec<f64>,
    /// Bounds of the median.
    #[serde(flatten)]
    bounds: Bounds,
    /// Bounds of the ratio; absent, it is not compared.
    ratio: Option<Bounds>,
    /// Why it takes no part.
    cannot: Option<String>,
}

/// What a figure has to keep.
#[derive(Clone, Copy, Default, Deserialize)]
struct Bounds {
    least: Option<f64>,
    most: Option<f64>,
}

/// One median of a table, or one ratio, with what is asked of it.
struct Target<'a> {
    job: &'a Job,
    row: &'a Row,
    reached: f64,
    bounds: Bounds,
}

impl Report {
    /// A page with these tables between its marks.
    pub fn inserted_into(&self, page: &str) -> Result<String> {
        let missing = || format!("the page lacks the marks {BEGIN}{END}");
        let (before, rest) = page.split_once(BEGIN).with_context(missing)?;
        let (_, after) = rest.split_once(END).with_context(missing)?;
        Ok(format!("{before}{BEGIN}\n{self}\n{END}{after}"))
    }

    /// Fails when a part of ours did.
    pub fn check(&self) -> Result<()> {
        let failed: Vec<&str> =
            self.jobs.iter().filter(|job| job.failed.is_some()).map(|job| &*job.name).collect();
        ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
        Ok(())
    }

    fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.jobs.iter().flat_map(|job| {
            job.rows.iter().flat_map(move |row| {
                let own = row.median().map(|reached| (reached, row.bounds));
                let compared = job.ratio_of(row).zip(row.ratio);
                own.into_iter()
                    .chain(compared)
                    .filter(|(_, bounds)| bounds.are_set())
                    .map(move |(reached, bounds)| Target { job, row, reached, bounds })
            })
        })
    }
}

impl Job {
    /// The median of the ratios, round by round; what the machine did in a round met both.
    fn ratio_of(&self, row: &Row) -> Option<f64> {
        row.ratio?;
        let first = self.rows.first()?;
        let ratios = first.values.iter().zip(&row.values).map(|(first, this)| match self.ratio? {
            Ratio::FirstToThis => Some(first / this),
            Ratio::ThisToFirst => Some(this / first),
        });
        median(&ratios.collect::<Option<Vec<f64>>>()?)
    }
}

impl Row {
    fn median(&self) -> Option<f64> {
        median(&self.values)
    }

    fn spread(&self) -> Option<(f64, f64)> {
        let least = self.values.iter().copied().reduce(f64::min)?;
        let most = self.values.iter().copied().reduce(f64::max)?;
        Some((least, most))
    }
}

impl Bounds {
    fn are_set(self) -> bool {
        self.least.is_some() || self.most.is_some()
    }

    fn keep(self, figure: f64) -> bool {
        self.least.is_none_or(|least| figure >= least)
            && self.most.is_none_or(|most| figure <= most)
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Machine { processor, cores, memory, load, kernel, browser, node } = &self.machine;
        let (gib, mib) = (memory >> 30, self.size >> 20);
        writeln!(
            out,
            "{browser} (headless), {kernel}, Node.js {node}; {cores} × {processor}, {gib} GiB of memory."
        )?;
        writeln!(
            out,
            "Medians of {} rounds; large files of {mib} MiB; load average {load:.1}.",
            self.rounds
        )?;
        for job in &self.jobs {
            writeln!(out, "\n{job}")?;
        }
        let (met, missed): (Vec<_>, Vec<_>) =
            self.targets().partition(|target| target.bounds.keep(target.reached));
        writeln!(out, "\nTargets: {} met, {} missed.", met.len(), missed.len())?;
        for Target { job, row, reached, bounds } in missed {
            let reached = figure(reached);
            writeln!(out, "- `{}`, {}: {reached}, to be {bounds}", job.name, row.name)?;
        }
        Ok(())
    }
}

impl Display for Job {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Self { name, title, seconds, failed, unit, ratio, rows } = self;
        writeln!(out, "### {title} (`{name}`)\n")?;
        if let Some(failed) = failed {
            return write!(out, "Failed: {failed}");
        }
        let ratio_head = match ratio {
            None => "",
            Some(Ratio::FirstToThis) => "first ÷ this",
            Some(Ratio::ThisToFirst) => "this ÷ first",
        };
        let head = ["", &format!("{unit}, median"), "least – most", ratio_head, "target", ""];
        let mut lines = vec![head.map(str::to_owned).to_vec()];
        let cell = |figure: Option<String>| figure.unwrap_or_default();
        for row in rows {
            let (bounds, reached) = if row.bounds.are_set() {
                (Some(row.bounds), row.median())
            } else {
                (row.ratio.filter(|bounds| bounds.are_set()), self.ratio_of(row))
            };
            let verdict = bounds
                .zip(reached)
                .map(|(bounds, reached)| if bounds.keep(reached) { "met" } else { "**missed**" });
            lines.push(vec![
                row.name.clone(),
                cell(row.median().map(figure)),
                cell(
                    row.spread()
                        .map(|(least, most)| format!("{} – {}", figure(least), figure(most))),
                ),
                cell(self.ratio_of(row).map(|ratio| format!("{ratio:.2}"))),
                cell(bounds.map(|bounds| bounds.to_string())),
                verdict.unwrap_or_default().to_owned(),
            ]);
        }
        write_table(out, &lines)?;
        for row in rows {
            if let Some(cannot) = &row.cannot {
                writeln!(out, "\n{}: takes no part, {cannot}.", row.name)?;
            }
        }
        write!(out, "\nTook {seconds:.0} s.")
    }
}

impl Display for Bounds {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (Some(least), _) => write!(out, "≥ {}", plain(least)),
            (None, Some(most)) => write!(out, "≤ {}", plain(most)),
            (None, None) => Ok(()),
        }
    }
}

/// A table in Markdown that is one in a terminal, too: the first column is text, the others are figures.
fn write_table(out: &mut Formatter<'_>, lines: &[Vec<String>]) -> fmt::Result {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default().max(3)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (at, line) in lines.iter().enumerate() {
        for (column, (text, &width)) in line.iter().zip(&widths).enumerate() {
            if column == 0 {
                write!(out, "| {text:<width$} |")?;
            } else {
                write!(out, " {text:>width$} |")?;
            }
        }
        writeln!(out)?;
        if at == 0 {
            for (column, &width) in widths.iter().enumerate() {
                if column == 0 {
                    write!(out, "|{}|", "-".repeat(width + 2))?;
                } else {
                    write!(out, "{}:|", "-".repeat(width + 1))?;
                }
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Three digits that count, and thousands set apart.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        size if size < 10_000.0 => plain(value.round()),
        size => {
            let step = 10_f64.powf(size.log10().floor() - 2.0);
            plain((value / step).round() * step)
        }
    }
}

/// A figure as it is, with thousands set apart.
pub(super) fn plain(value: f64) -> String {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').map_or((&*text, None), |(a, b)| (a, Some(b)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |fraction| format!("{grouped}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(jobs: &str) -> Report {
        let text = format!(
            r#"{{"machine": {{"processor": "Model 1", "cores": 2, "memory": 8589934592, "load": 0.5,
                "kernel": "Linux 6.1", "browser": "Chromium 1", "node": "v20.0.0"}},
                "rounds": 3, "size": 1073741824, "jobs": [{jobs}]}}"#
        );
        serde_json::from_str(&text).expect("the tests write what is agreed")
    }

    const FILE: &str = r#"{"name": "file", "title": "One file", "unit": "MB/s", "seconds": 10.4,
        "ratio": "firstToThis", "rows": [
            {"name": "qmgr", "values": [400, 90, 500]},
            {"name": "loop", "values": [500, 100, 500], "ratio": {"least": 0.9}},
            {"name": "pipe", "values": [100, 50, 120], "ratio": {"least": 4.1}},
            {"name": "hub", "values": [], "cannot": "needs a hub"}]}"#;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_ratio_is_the_median_of_the_ratios_of_each_round() {
        let report = report(FILE);
        let job = &report.jobs[0];
        // 0.8, 0.9 and 1; the ratio of the medians would be 0.8.
        assert_eq!(job.ratio_of(&job.rows[1]), Some(0.9));
        assert_eq!(job.ratio_of(&job.rows[0]), None);
        assert_eq!(job.ratio_of(&job.rows[3]), None);
    }

    #[test]
    fn a_ratio_to_the_first_row_is_the_other_way_round() {
        let report = report(&FILE.replace("firstToThis", "thisToFirst"));
        let job = &report.jobs[0];
        assert_eq!(job.ratio_of(&job.rows[2]), Some(0.25));
    }

    #[test]
    fn bounds_hold_at_their_edge_and_not_beyond() {
        let (least, most) =
            (Bounds { least: Some(2.0), most: None }, Bounds { least: None, most: Some(2.0) });
        assert!(least.keep(2.0) && !least.keep(1.99));
        assert!(most.keep(2.0) && !most.keep(2.01));
    }

    #[test]
    fn a_table_tells_of_every_row_and_names_what_is_missed() {
        let expected = "\
Chromium 1 (headless), Linux 6.1, Node.js v20.0.0; 2 × Model 1, 8 GiB of memory.
Medians of 3 rounds; large files of 1024 MiB; load average 0.5.

### One file (`file`)

|      | MB/s, median | least – most | first ÷ this | target |            |
|------|-------------:|-------------:|-------------:|-------:|-----------:|
| qmgr |          400 |   90.0 – 500 |              |        |            |
| loop |          500 |    100 – 500 |         0.90 |  ≥ 0.9 |        met |
| pipe |          100 |   50.0 – 120 |         4.00 |  ≥ 4.1 | **missed** |
| hub  |              |              |              |        |            |

hub: takes no part, needs a hub.

Took 10 s.

Targets: 1 met, 1 missed.
- `file`, pipe: 4.00, to be ≥ 4.1
";
        assert_eq!(report(FILE).to_string(), expected);
    }

    #[test]
    fn a_bound_of_a_figure_is_held_against_its_median() {
        let report = report(
            r#"{"name": "open", "title": "Opening", "unit": "ms", "seconds": 1, "rows": [
                {"name": "empty", "values": [90, 99, 400], "most": 100}]}"#,
        );
        assert!(report.to_string().contains("Targets: 1 met, 0 missed."));
    }

    #[test]
    fn a_job_of_ours_that_failed_is_an_error() {
        let failed =
            report(r#"{"name": "file", "title": "One file", "seconds": 1, "failed": "lost"}"#);
        assert!(failed.to_string().contains("Failed: lost"));
        assert_eq!(failed.check().expect_err("it failed").to_string(), "failed: file");
        assert!(report(FILE).check().is_ok());
    }

    #[test]
    fn the_tables_replace_what_stands_between_the_marks() {
        let page = format!("before\n{BEGIN}old\n{END}after\n");
        let written = report(FILE).inserted_into(&page).expect("the marks are there");
        assert!(written.starts_with("before\n") && written.ends_with("after\n"));
        assert!(written.contains("### One file") && !written.contains("old"));
        assert!(report(FILE).inserted_into("no marks").is_err());
    }

    #[test]
    fn figures_keep_three_digits_and_set_thousands_apart() {
        assert_eq!(
            [0.444, 12.34, 1234.5, 3_713_675.0].map(figure),
            ["0.44", "12.3", "1,235", "3,710,000"]
        );
        assert_eq!([0.9, 16.0, 2_000_000.0].map(plain), ["0.9", "16", "2,000,000"]);
    }
}
