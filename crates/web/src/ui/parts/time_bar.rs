//! The time bar: pause, step, speed, and the track that is dragged to rewind.

use kubarium_protocol::{Answer, Clock, Command, MarkKind, Time};
use kubarium_web::model::state::Phase;
use kubarium_web::model::time_bar::{SPEEDS, cluster_marks, describe, moment, place};
use kubarium_web::model::units::{SECOND, fixed, human_duration, time_of_day};
use wasm_bindgen::JsCast;
use yew::prelude::*;

use crate::ui::hooks::{use_app, use_select, use_size};
use crate::ui::icon::Icon;
use crate::ui::parts::button::{Button, IconButton};

/// The whole bar at the bottom.
#[component]
pub fn TimeBar() -> Html {
    let app = use_app();
    let clock = use_select(|it| it.clock.clone());
    let ready = *use_select(|it| it.phase == Phase::Ready);
    let stepped = use_select(|it| it.stepped.clone());
    let branches = use_select(|it| it.branches.len());
    let time = |time: Time| {
        let app = app.clone();
        Callback::from(move |()| app.time(time.clone()))
    };
    let toggle = {
        let app = app.clone();
        Callback::from(move |()| app.toggle_play())
    };
    let on_speed = {
        let app = app.clone();
        Callback::from(move |event: Event| {
            let select = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok());
            if let Some(factor) = select.and_then(|it| it.value().parse::<u32>().ok()) {
                app.time(Time::Speed { factor: f64::from(factor) });
            }
        })
    };
    let past = ready && !clock.live;
    html! {
        <footer class={classes!("time-bar", past.then_some("past"))} aria-label="Time" data-testid="time-bar">
            <div class="time-controls">
                <IconButton icon={if clock.paused { Icon::Play } else { Icon::Pause }} class="play" disabled={!ready}
                    label={if clock.paused { "Play" } else { "Pause" }} hint="Space" onclick={toggle} testid="play" />
                <IconButton icon={Icon::Step} label="Step: one reconcile" hint=">" disabled={!ready} onclick={time(Time::Step)} testid="step" />
                <label class="speed"><span class="hidden-text">{ "Speed" }</span>
                    <select onchange={on_speed} disabled={!ready} data-testid="speed">
                        { for SPEEDS.iter().map(|it| html! {
                            <option value={fixed(*it, 0)} selected={(clock.speed.max(1.0) - it).abs() < 0.01}>{ fixed(*it, 0) + "×" }</option>
                        }) }
                    </select>
                </label>
                <IconButton icon={Icon::Forward} label="Run until idle" disabled={!ready || clock.hurrying} onclick={time(Time::RunUntilIdle)} testid="run-until-idle" />
            </div>
            <div class="time-now">
                <span class="time-clock" data-testid="clock">{ if ready { time_of_day(clock.now) } else { "--:--:--".into() } }</span>
                <span class="time-state" data-testid="time-state">{ state_word(&clock, ready) }</span>
            </div>
            <Track />
            <div class="time-right">
                if past {
                    <Button class="primary small" icon={Some(Icon::Live)} onclick={time(Time::Live)} label="Back to live" testid="live">{ "Back to live" }</Button>
                    <Button class="small" icon={Some(Icon::Branch)} onclick={time(Time::Branch)} label="Branch from here" testid="branch">{ "Branch from here" }</Button>
                } else {
                    if *branches > 1 { <Branches /> }
                    <History />
                }
            </div>
            if let Some(stepped) = &*stepped {
                <p class="stepped" role="status" data-testid="stepped"><span class="mono muted">{ time_of_day(stepped.at) }</span>{ stepped.sentence.clone() }</p>
            }
        </footer>
    }
}

fn state_word(clock: &Clock, ready: bool) -> String {
    match () {
        () if !ready => "starting".into(),
        () if !clock.live => format!("{} ago", human_duration(clock.latest - clock.now)),
        () if clock.hurrying => "hurrying".into(),
        () if clock.paused => "paused".into(),
        () if clock.behind => "as fast as it can".into(),
        () if clock.idle => "idle".into(),
        () => "live".into(),
    }
}

/// The track: a slider whose thumb is the moment shown.
#[component]
fn Track() -> Html {
    let app = use_app();
    let clock = use_select(|it| it.clock.clone());
    let marks = use_select(|it| it.marks.clone());
    let node = use_node_ref();
    let (width, _) = use_size(&node);
    let dragging = use_mut_ref(|| false);
    // The latest clock, without making the callbacks new in every frame.
    let seek_to = {
        let (app, node) = (app.clone(), node.clone());
        move |event: &PointerEvent| {
            let Some(track) = node.cast::<web_sys::Element>() else { return };
            let rect = track.get_bounding_client_rect();
            let at = (f64::from(event.client_x()) - rect.left()) / rect.width().max(1.0);
            let at = app.with(|it| moment(&it.clock, at));
            app.seek(at);
        }
    };
    let down = {
        let (dragging, seek_to, node) = (dragging.clone(), seek_to.clone(), node.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() != 0 {
                return;
            }
            *dragging.borrow_mut() = true;
            if let Some(track) = node.cast::<web_sys::Element>() {
                // Without capture the drag ends at the track's edge, which is no harm.
                let _ = track.set_pointer_capture(event.pointer_id());
            }
            seek_to(&event);
        })
    };
    let moved = {
        let dragging = dragging.clone();
        Callback::from(move |event: PointerEvent| {
            if *dragging.borrow() {
                seek_to(&event);
            }
        })
    };
    let up = Callback::from(move |_: PointerEvent| *dragging.borrow_mut() = false);
    let onkeydown = {
        let app = app.clone();
        Callback::from(move |event: KeyboardEvent| {
            let (now, earliest) = app.with(|it| (it.clock.now, it.clock.earliest));
            let unit = if event.shift_key() { 10 * SECOND } else { SECOND };
            match event.key().as_str() {
                "ArrowLeft" | "ArrowDown" => app.seek(now - unit),
                "ArrowRight" | "ArrowUp" => app.seek(now + unit),
                "PageUp" => app.seek(now - 30 * SECOND),
                "PageDown" => app.seek(now + 30 * SECOND),
                "Home" => app.seek(earliest),
                "End" => app.time(Time::Live),
                _ => return,
            }
            event.prevent_default();
            event.stop_propagation();
        })
    };
    let percent = |at: f64| fixed(at * 100.0, 3) + "%";
    let (now, end) = (place(&clock, clock.now), place(&clock, clock.latest));
    html! {
        <div class="track" id="time-track" ref={node} role="slider" tabindex="0" aria-label="Time: drag to rewind"
            aria-valuemin="0" aria-valuemax={((clock.latest - clock.earliest) / SECOND).to_string()}
            aria-valuenow={((clock.now - clock.earliest) / SECOND).to_string()} aria-valuetext={describe(&clock)}
            onpointerdown={down} onpointermove={moved} onpointerup={up.clone()} onpointercancel={up} {onkeydown} data-testid="track">
            <div class="track-rail"></div>
            <div class="track-known" style={format!("width:{}", percent(end))}></div>
            <div class="track-past" style={format!("width:{}", percent(now))}></div>
            { for cluster_marks(&clock, &marks, width).into_iter().map(|(at, joined)| {
                let first = joined.iter().max_by_key(|it| rank(it.kind)).map_or(MarkKind::Command, |it| it.kind);
                let title = joined.iter().take(8).map(|it| format!("{}  {}", time_of_day(it.at), it.text)).collect::<Vec<_>>().join("\n");
                html! { <span class={classes!("mark", mark_class(first))} style={format!("left:{}", percent(at))} {title}></span> }
            }) }
            <div class="thumb" style={format!("left:{}", percent(now))}></div>
        </div>
    }
}

/// Which kind shows when several marks share a place.
fn rank(kind: MarkKind) -> u8 {
    match kind {
        MarkKind::Start => 0,
        MarkKind::Branch => 1,
        MarkKind::Command => 2,
        MarkKind::Warning => 3,
        MarkKind::Fault => 4,
    }
}

fn mark_class(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Start => "start",
        MarkKind::Branch => "branch",
        MarkKind::Command => "command",
        MarkKind::Warning => "warning",
        MarkKind::Fault => "fault",
    }
}

/// Goes to another line of history.
#[component]
fn Branches() -> Html {
    let app = use_app();
    let branches = use_select(|it| it.branches.clone());
    let onchange = Callback::from(move |event: Event| {
        let select = event.target().and_then(|it| it.dyn_into::<web_sys::HtmlSelectElement>().ok());
        if let Some(branch) = select.and_then(|it| it.value().parse().ok()) {
            app.time(Time::Switch { branch });
        }
    });
    html! {
        <label class="branches"><span class="hidden-text">{ "Branch" }</span>{ Icon::Branch.draw() }
            <select {onchange} data-testid="branches">
                { for branches.iter().enumerate().map(|(index, it)| html! {
                    <option value={it.id.to_string()} selected={it.current}>
                        { match it.parent { None => "first branch".to_string(), Some(_) => format!("branch {} from {}", index + 1, time_of_day(it.from)) } }
                    </option>
                }) }
            </select>
        </label>
    }
}

/// The history hash: the same for everyone who did the same.
#[component]
fn History() -> Html {
    let app = use_app();
    let hash = use_state(|| None::<String>);
    let changes = *use_select(|it| (it.clock.changes, it.clock.paused));
    {
        let hash = hash.setter();
        use_effect_with(changes, move |_| hash.set(None));
    }
    let shown = (*hash).clone();
    let onclick = {
        let (app, set, shown) = (app.clone(), hash.setter(), shown.clone());
        Callback::from(move |_: MouseEvent| match &shown {
            Some(hash) => app.copy(hash),
            None => {
                let set = set.clone();
                app.ask(
                    |id| Command::Hash { id },
                    move |answer| {
                        if let Answer::Hash(hash) = answer {
                            set.set(Some(hash));
                        }
                    },
                );
            }
        })
    };
    html! {
        <button type="button" class="history" {onclick} data-testid="hash" data-hash={shown.clone()}
            title="The history hash: the same seed and the same inputs give the same one, everywhere. Click again to copy.">
            <span class="muted"><span class="wide-only">{ "history " }</span>{ "hash" }</span>
            <span class="mono">{ shown.map_or_else(|| "show".to_string(), |it| it.chars().take(10).collect()) }</span>
        </button>
    }
}
