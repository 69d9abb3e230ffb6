def _update_add(paths; $v): _modify(paths; . + $v);
def _update_sub(paths; $v): _modify(paths; . - $v);
def _update_mul(paths; $v): _modify(paths; . * $v);
def _update_div(paths; $v): _modify(paths; . / $v);
def _update_mod(paths; $v): _modify(paths; . % $v);
def _update_alt(paths; $v): _modify(paths; . // $v);
def _assign(paths; $v): reduce path(paths) as $p (.; setpath($p; $v));
def halt_error: halt_error(5);
def error(msg): msg | error;
def select(f): if f then . else empty end;
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def recurse: recurse(.[]?);
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def finites: select(isfinite);
def normals: select(isnormal);
def first(f): limit(1; f);
def isempty(f): first((f | false), true);
def any(gen; cond): isempty(first(gen | cond or empty)) | not;
def all(gen; cond): isempty(first(gen | cond and empty));
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any: any(.);
def all: all(.);
def last(f): reduce f as $x (null; $x);
def first: .[0];
def last: .[-1];
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;
def until(cond; next): def u: if cond then . else (next | u) end; u;
def while(cond; next): def w: if cond then ., (next | w) else empty end; w;
def repeat(f): def r: ., (f | r); r;
def range($n): range(0; $n);
def range($from; $to; $by):
  if $by > 0 then $from | while(. < $to; . + $by)
  elif $by < 0 then $from | while(. > $to; . + $by)
  else empty end;
def inputs: def r: (input | (., r)); try r catch if . == "No more inputs" then empty else error end;
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def add(f): reduce f as $x (null; . + $x);
def add: add(.[]);
def del(f): delpaths([path(f)]);
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def pick(f): . as $top | reduce path(f) as $p (null; setpath($p; $top | getpath($p)));
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: reduce .[] as $e ({};
  . + { ($e | (if .key == null then .k // .name // .Name // .K // .Key else .key end)
         | if type == "string" then . else tojson end):
        ($e | if has("value") then .value elif has("v") then .v else .Value end) });
def with_entries(f): to_entries | map(f) | from_entries;
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): [_group_by(map([f]))[] | .[0]];
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def join($s): reduce .[] as $x (null;
  (if . == null then "" else . + $s end)
  + ($x | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end)) // "";
def flatten: flatten(1e9);
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;
def combinations($n): . as $dot | [range($n) | $dot] | combinations;
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;
def transpose: if . == [] then [] else . as $in | (map(length) | max) as $n
  | [range(0; $n) as $i | [range(0; $in | length) as $j | $in[$j][$i]]] end;
def index($x): indices($x) | .[0];
def rindex($x): indices($x) | .[-1:][0];
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def todateiso8601: todate;
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def localtime: gmtime;
def strflocaltime(f): strftime(f);
def match(re; flags): _match(re; flags; false) | .[];
def match($v): if $v | type == "array" then match($v[0]; $v[1]) else match($v; null) end;
def test(re; flags): _match(re; flags; true);
def test($v): if $v | type == "array" then test($v[0]; $v[1]) else test($v; null) end;
def capture(re; flags): match(re; flags) | [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def capture($v): if $v | type == "array" then capture($v[0]; $v[1]) else capture($v; null) end;
def scan($re; $flags): match($re; "g" + $flags)
  | if (.captures | length) > 0 then [.captures[] | .string] else .string end;
def scan($re): scan($re; null);
def split($re; flags): . as $s | [foreach ((match($re; flags + "g") | [.offset, .length]), null) as $m
  ([0, null]; if $m == null then [.[0], $s[.[0]:]] else [$m[0] + $m[1], $s[.[0]:$m[0]]] end; .[1])];
def splits($re; flags): split($re; flags) | .[];
def splits($re): splits($re; null);
def _captures: [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def sub($re; s; $flags): . as $in
  | def walk_matches($ms; $from; $done):
      if ($ms | length) == 0 then $done + $in[$from:]
      else $ms[0] as $m | ($m | _captures | s) as $new
        | walk_matches($ms[1:]; $m.offset + $m.length; $done + $in[$from:$m.offset] + $new) end;
    walk_matches([match($re; $flags)]; 0; "");
def sub($re; s): sub($re; s; "");
def gsub($re; s; $flags): sub($re; s; $flags + "g");
def gsub($re; s): sub($re; s; "g");
def ascii: [.] | implode;
def debug(msgs): (msgs | debug | empty), .;
def tostream: path(def r: (.[]?|r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def fromstream(f): {x: null, e: false} as $init
  | foreach f as $i ($init; if .e then $init else . end
      | if $i | length == 2 then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1])
        else setpath(["e"]; $i[0] | length == 1) end; if .e then .x else empty end);
def truncate_stream(f): . as $n | null | f | . as $in
  | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;
def INDEX(f; g): reduce f as $row ({}; .[$row | g | tostring] = $row);
def INDEX(g): INDEX(.[]; g);
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def bsearch($t): . as $a | {lo: 0, hi: (length - 1), at: null}
  | until(.at != null or .lo > .hi; ((.lo + .hi) / 2 | floor) as $mid
      | if $a[$mid] == $t then .at = $mid elif $a[$mid] < $t then .lo = $mid + 1 else .hi = $mid - 1 end)
  | if .at != null then .at else -1 - .lo end;
def abs: if type == "number" and . < 0 then - . else . end;
def toarray: if type == "array" then . else [.] end;
def have_literal_numbers: true;
def have_decnum: false;
