//! The figures at the top.

use crate::escape::escaped;
use crate::figures::{Figures, wall_ns};
use crate::quantity::{bytes, count, duration, instant};
use lithops_core::wire::{Cost, JobRecord};

/// A line on what the job is, and a tile for each headline figure.
pub(super) fn tiles(record: &JobRecord, figures: &Figures) -> String {
    let missing = u64::from(record.total).saturating_sub(record.calls.len() as u64);
    let state = match record.ended_ns {
        Some(_) if missing == 0 => String::new(),
        Some(_) => format!(
            " · <strong>{} of {} calls are not in the figures: they had no outcome when the job ended, \
             or the journal had no room for them</strong>",
            count(missing),
            count(u64::from(record.total))
        ),
        None => {
            let done = figures.succeeded + figures.failed;
            format!(
                " · <strong>not ended: {done} of {} calls have their outcome</strong>",
                record.total
            )
        }
    };
    let mut tiles = vec![
        ("Calls", count(u64::from(figures.total)), "calls"),
        ("Failed", count(u64::from(figures.failed)), if figures.failed > 0 { "bad" } else { "" }),
        ("Repeated", count(u64::from(figures.repeated)), ""),
        ("Wall time", duration(figures.wall_ns), "wall"),
        ("Time in calls", duration(figures.busy_ns), ""),
        ("Speed-up", format!("{:.1}×", figures.speed_up()), ""),
        ("Workers", count(u64::from(record.workers)), ""),
        ("At once, at most", count(u64::from(figures.concurrency.peak)), ""),
        ("Processor time", duration(figures.cpu_ns), ""),
    ];
    if let Some(peak) = figures.peak_bytes {
        tiles.push(("Memory of a call, at most", bytes(peak), ""));
    }
    tiles.push(("Arguments", bytes(figures.argument_bytes), ""));
    tiles.push(("Results", bytes(figures.result_bytes), ""));
    if record.client_requests + record.worker_requests > 0 {
        let (client, workers) = (count(record.client_requests), count(record.worker_requests));
        tiles.push(("Storage requests of client + workers", format!("{client} + {workers}"), ""));
    }
    if let Some(cost) = &record.estimate {
        tiles.push(("Estimated cost", price(cost), ""));
    }
    if let Some(cost) = &record.used {
        tiles.push(("Cost", price(cost), ""));
        let used = format!("{:.1} vCPU·s, {:.1} GB·s", cost.vcpu_seconds, cost.gb_seconds);
        tiles.push(("Used of the platform", used, ""));
    }
    let tiles: String = tiles
        .iter()
        .map(|(name, value, class)| {
            format!(
                "<div class=\"tile {class}\"><dt>{name}</dt><dd>{}</dd></div>\n",
                escaped(value)
            )
        })
        .collect();
    format!(
        "<p class=\"about\">Job <code>{}</code> on <code>{}</code>, submitted {}{state}</p>\n\
         <dl class=\"tiles\">\n{tiles}</dl>\n",
        escaped(record.job.as_str()),
        escaped(&record.backend),
        instant(record.submitted_ns)
    )
}

/// A table of the stages, each with a link to its section.
pub(super) fn stages(records: &[JobRecord]) -> String {
    let rows: String = records
        .iter()
        .enumerate()
        .map(|(number, record)| {
            let failed = record.calls.iter().filter(|call| call.failure.is_some()).count();
            format!(
                "<tr><td><a href=\"#stage-{number}\">{}</a></td><td>{}</td><td>{failed}</td>\
                 <td>{}</td></tr>\n",
                escaped(&record.title),
                count(u64::from(record.total)),
                duration(wall_ns(record))
            )
        })
        .collect();
    format!(
        "<table>\n<caption>Stages</caption>\n<thead><tr><th scope=\"col\">Stage</th>\
         <th scope=\"col\">Calls</th><th scope=\"col\">Failed</th><th scope=\"col\">Wall time</th>\
         </tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn price(cost: &Cost) -> String {
    format!("{:.4} {}", cost.price, cost.currency)
}
