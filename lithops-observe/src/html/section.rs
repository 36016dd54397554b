//! The section of one job.

use super::columns::chart_data;
use super::{headline, tables};
use crate::escape::{embedded, escaped};
use crate::figures::{Figures, failure_groups, worker_shares};
use crate::quantity::{count, duration};
use lithops_core::wire::JobRecord;

/// Appends the section of a job; `stage` is its number where there are several.
pub(super) fn add(page: &mut String, record: &JobRecord, number: usize, stage: Option<usize>) {
    let figures = Figures::of(record);
    page.push_str(&format!("<section class=\"job\" id=\"stage-{number}\">\n"));
    if let Some(stage) = stage {
        page.push_str(&format!("<h2>Stage {stage}: {}</h2>\n", escaped(&record.title)));
    }
    page.push_str(&headline::tiles(record, &figures));
    let groups = failure_groups(record);
    if !groups.is_empty() {
        page.push_str(&tables::failures(&groups));
    }
    page.push_str(&timeline(record, &figures));
    page.push_str(&concurrency(&figures));
    page.push_str(&durations(record, &figures));
    page.push_str(&tables::statistics(record));
    page.push_str(&tables::slowest(record));
    page.push_str(&tables::workers(&worker_shares(record)));
    let data = chart_data(record, &figures.concurrency);
    page.push_str("<script type=\"application/json\" class=\"data\">");
    page.push_str(&embedded(&data));
    page.push_str("</script>\n</section>\n");
}

fn timeline(record: &JobRecord, figures: &Figures) -> String {
    let label = format!(
        "Timeline of {} calls on {} workers over {}. The tables below tell the same in numbers.",
        count(record.calls.len() as u64),
        record.workers,
        duration(figures.wall_ns)
    );
    format!(
        "<figure class=\"timeline\">\n<figcaption><h3>Timeline</h3>\
         <p>A row for each worker, a bar for each call. Turn the wheel with Ctrl or use + and − to zoom, \
         drag or use the arrow keys to move.</p>\
         <p class=\"legend\"><span class=\"key ok\"></span>has a value \
         <span class=\"key again\"></span>has a value after more than one attempt \
         <span class=\"key failed\"></span>failed</p></figcaption>\n\
         <div class=\"bar\" role=\"group\" aria-label=\"Zoom of the timeline\">\
         <button type=\"button\" data-zoom=\"in\">Zoom in</button>\
         <button type=\"button\" data-zoom=\"out\">Zoom out</button>\
         <button type=\"button\" data-zoom=\"all\">All</button>\
         <output class=\"range\"></output></div>\n\
         <canvas tabindex=\"0\" role=\"img\" aria-label=\"{label}\"></canvas>\n\
         <p class=\"hover\" role=\"status\"></p>\n</figure>\n"
    )
}

fn concurrency(figures: &Figures) -> String {
    let label = format!("Calls that ran at once, {} at most", figures.concurrency.peak);
    format!(
        "<figure class=\"concurrency\">\n<figcaption><h3>Calls at once</h3></figcaption>\n\
         <canvas role=\"img\" aria-label=\"{label}\"></canvas>\n{}</figure>\n",
        tables::concurrency(figures)
    )
}

fn durations(record: &JobRecord, figures: &Figures) -> String {
    let label = match &figures.durations {
        None => "No call has run".to_owned(),
        Some(spread) => format!(
            "Durations of calls: median {}, nine in ten up to {}, 99 in a hundred up to {}, at most {}",
            duration(spread.p50),
            duration(spread.p90),
            duration(spread.p99),
            duration(spread.most)
        ),
    };
    let marks = figures.durations.map_or(String::new(), |spread| {
        format!(
            " data-p50=\"{}\" data-p90=\"{}\" data-p99=\"{}\"",
            spread.p50, spread.p90, spread.p99
        )
    });
    format!(
        "<figure class=\"durations\">\n<figcaption><h3>Durations of calls</h3></figcaption>\n\
         <canvas role=\"img\" aria-label=\"{label}\"{marks}></canvas>\n{}</figure>\n",
        tables::durations(record)
    )
}
