//! ReplicaSets over time as a stack of steps, with what the strategy allows as lines.

use std::rc::Rc;

use collections::{OrdMap, StableSort};
use kubarium_protocol::{Json, Micros};
use kubarium_web::model::collection::number;
use kubarium_web::model::rollout::{Band, Rollout, bands, bounds};
use kubarium_web::model::units::{SECOND, fixed, time_of_day};
use yew::prelude::*;

use crate::ui::hooks::{use_select, use_size};

/// Size of the drawing in its own units; it is stretched to the width there is.
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 26.0;

/// The longest span of time shown.
const WINDOW: Micros = 300 * SECOND;

/// Colours there are for ReplicaSets.
const COLORS: usize = 6;

#[derive(Properties)]
pub struct ChartProps {
    pub rollout: Rc<Rollout>,
    pub deployment: Rc<Json>,
}

impl PartialEq for ChartProps {
    fn eq(&self, other: &ChartProps) -> bool {
        Rc::ptr_eq(&self.rollout, &other.rollout) && Rc::ptr_eq(&self.deployment, &other.deployment)
    }
}

/// Which colour each ReplicaSet has: by age, so that it keeps it.
pub fn colors(rollout: &Rollout) -> OrdMap<String, usize> {
    order(rollout).into_iter().enumerate().map(|(index, name)| (name, index % COLORS)).collect()
}

/// The sets from the oldest to the newest; those that are gone first.
fn order(rollout: &Rollout) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for sample in &rollout.samples {
        for name in sample.sets.keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
    }
    names.stable_sort_by_key(|name| {
        rollout.sets.get(name).map_or((0, 0), |it| (it.revision, it.created.unwrap_or(0)))
    });
    names
}

#[component]
pub fn Chart(props: &ChartProps) -> Html {
    let node = use_node_ref();
    let (width, _) = use_size(&node);
    let now = *use_select(|it| it.clock.now / 250_000) * 250_000;
    let width = width.max(320.0);
    let (least, most) = bounds(&props.deployment);
    let desired = number(&props.deployment, "/spec/replicas");
    let span = props.rollout.span(now, WINDOW);
    let order = order(&props.rollout);
    let all = bands(&props.rollout.samples, &order, span, false);
    let highest =
        all.iter().flat_map(|it| it.steps.iter().map(|step| step.2)).max().unwrap_or(0).max(most).max(1);
    let x = |at: Micros| LEFT + (at - span.0) as f64 / (span.1 - span.0) as f64 * (width - LEFT - RIGHT);
    let y = |value: f64| TOP + (1.0 - value / (highest as f64 + 0.5)) * (HEIGHT - TOP - BOTTOM);
    let colors = colors(&props.rollout);
    let ready = ready_bands(&props.rollout, &all, &order, span);
    let label = format!(
        "Pods of each ReplicaSet over time; {desired} wanted, at least {least} available, at most {most} in all"
    );
    let line = |value: i64, class: &'static str, word: &'static str| {
        let y = y(value as f64);
        html! {
            <g class={classes!("bound", class)}><line x1={px(LEFT)} x2={px(width - RIGHT)} y1={px(y)} y2={px(y)} />
                <text x={px(width - RIGHT - 4.0)} y={px(y - 5.0)} text-anchor="end">{ format!("{word} {value}") }</text></g>
        }
    };
    html! {
        <div class="chart" ref={node} data-testid="rollout-chart">
            <svg viewBox={format!("0 0 {width} {HEIGHT}")} height={HEIGHT.to_string()} role="img" aria-label={label}>
                { for ticks(highest).into_iter().map(|value| html! {
                    <g class="axis"><line x1={px(LEFT)} x2={px(width - RIGHT)} y1={px(y(value as f64))} y2={px(y(value as f64))} />
                        <text x={px(LEFT - 8.0)} y={px(y(value as f64) + 4.0)} text-anchor="end">{ value }</text></g>
                }) }
                { for all.iter().map(|band| shape(band, "band", &colors, now.min(span.1), &x, &y)) }
                { for ready.iter().map(|band| shape(band, "band ready", &colors, now.min(span.1), &x, &y)) }
                { line(most, "most", "at most") }
                if least != most { { line(least, "least", "at least") } }
                { for times(span, width).into_iter().map(|at| html! { <text class="axis-time" x={px(x(at))} y={px(HEIGHT - 8.0)} text-anchor="middle">{ time_of_day(at) }</text> }) }
                <line class="now" x1={px(x(now.clamp(span.0, span.1)))} x2={px(x(now.clamp(span.0, span.1)))} y1={px(TOP)} y2={px(HEIGHT - BOTTOM)} />
            </svg>
        </div>
    }
}

fn px(value: f64) -> String {
    fixed(value, 1)
}

/// The ready part of each band, on the band's own floor.
fn ready_bands(rollout: &Rollout, all: &[Band], order: &[String], span: (Micros, Micros)) -> Vec<Band> {
    let ready = bands(&rollout.samples, order, span, true);
    all.iter()
        .zip(ready)
        .map(|(whole, fit)| Band {
            set: whole.set.clone(),
            steps: whole
                .steps
                .iter()
                .zip(fit.steps)
                .map(|(whole, fit)| (whole.0, whole.1, whole.1 + fit.2 - fit.1))
                .collect(),
        })
        .collect()
}

/// One band as a path of steps that goes on to the end of what is known.
fn shape(
    band: &Band,
    class: &'static str,
    colors: &OrdMap<String, usize>,
    end: Micros,
    x: &impl Fn(Micros) -> f64,
    y: &impl Fn(f64) -> f64,
) -> Html {
    let Some(first) = band.steps.first() else { return Html::default() };
    let last = band.steps.last().map_or(end, |it| it.0.max(end));
    let next = |index: usize| band.steps.get(index + 1).map_or(last, |it| it.0);
    let mut path = format!("M{} {}", px(x(first.0)), px(y(first.1 as f64)));
    for (index, (at, _, upper)) in band.steps.iter().enumerate() {
        path.push_str(&format!(
            "L{} {}L{} {}",
            px(x(*at)),
            px(y(*upper as f64)),
            px(x(next(index))),
            px(y(*upper as f64))
        ));
    }
    for (index, (at, lower, _)) in band.steps.iter().enumerate().rev() {
        path.push_str(&format!(
            "L{} {}L{} {}",
            px(x(next(index))),
            px(y(*lower as f64)),
            px(x(*at)),
            px(y(*lower as f64))
        ));
    }
    path.push('Z');
    let color = colors.get(&band.set).copied().unwrap_or(0);
    html! { <path class={classes!(class, format!("band-{color}"))} d={path}><title>{ band.set.clone() }</title></path> }
}

/// Values on the axis: few, round.
fn ticks(highest: i64) -> Vec<i64> {
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
        .into_iter()
        .find(|it| highest / it <= 5)
        .unwrap_or(10_000);
    (0..=highest / step).map(|it| it * step).collect()
}

/// Moments on the axis, as many as have room beside each other.
fn times(span: (Micros, Micros), width: f64) -> Vec<Micros> {
    let most = ((width / 110.0) as i64).clamp(2, 6);
    let step = [5, 10, 15, 30, 60, 120, 300]
        .into_iter()
        .find(|it| (span.1 - span.0) / (it * SECOND) <= most)
        .unwrap_or(600)
        * SECOND;
    let first = span.0.div_euclid(step) + 1;
    (first..).map(|it| it * step).take_while(|it| *it < span.1 - step / 3).collect()
}
