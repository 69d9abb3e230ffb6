def _yscalar: type | . != "object" and . != "array";
def _ytext: if type == "string" then . elif type == "null" then "null" else tojson end;
def _ytag: type | if . == "null" then "!!null" elif . == "boolean" then "!!bool" elif . == "string" then "!!str"
  elif . == "array" then "!!seq" elif . == "object" then "!!map" else "!!num" end;
def ytag: if type == "number" then (if tojson | contains(".") or contains("e") or contains("E") then "!!float" else "!!int" end) else _ytag end;
def ykind: type | if . == "array" then "seq" elif . == "object" then "map" else "scalar" end;
def _ydigits: test("^-?[0-9]+$");
def _yget($k):
  if type == "object" then
    if ($k | type) == "string" and ($k | contains("*")) then (keys_unsorted[] | select(_glob(.; $k))) as $n | .[$n]
    else ($k | _ytext) as $n
      | if has($n) or (has("<<") | not) then .[$n]
        else (.["<<"] | if type == "array" then ([.[] | select(has($n))][0] // {}) else . end) as $m
          | if ($m | type) == "object" and ($m | has($n)) then $m | .[$n] else .[$n] end end end
  elif type == "array" then
    if ($k | type) == "string" and ($k == "*") then .[]
    elif ($k | type) == "number" or ($k | _ytext | _ydigits) then ($k | _ytext | tonumber) as $n
      | if $n + length < 0 then error("index [\($n)] out of range, array size is \(length)") else .[$n] end
    else error("cannot index array with '\($k)' (strconv.ParseInt: parsing \"\($k)\": invalid syntax)") end
  elif . == null then .[if $k | type == "array" or type == "object" then $k | tojson else $k end]
  else empty end;
def _yflat: . as $o | reduce to_entries[] as $e ({};
  if $e.key != "<<" then .[$e.key] = $e.value
  else reduce (($e.value | if type == "array" then .[] else . end) | to_entries[]) as $m (.;
    if has($m.key) or ($o | has($m.key)) then . else .[$m.key] = $m.value end) end);
def _yeach: if _yscalar then empty elif type == "object" and has("<<") then _yflat | .[] else .[] end;
def _yat(t; k): k as $k | t | _yget($k);
def _ynone(f): [f] | if . == [] then [null] else . end | .[];
def _yand(a; b): _ynone(a) as $a | if $a == null or $a == false then false else _ynone(b) | . != null and . != false end;
def _yor(a; b): _ynone(a) as $a | if $a != null and $a != false then true else _ynone(b) | . != null and . != false end;
def _yslice($a; $b): if type == "array" or type == "string" then .[$a:$b] else empty end;
def _yassign(p; v): [v] as $v | if $v == [] then . else _modify(p; $v[0]) end;
def _yupdate(p; f): _modify(p; . as $old | [f] | if . == [] then $old else .[0] end);
def _yadd($a; $b):
  if $a == null then $b
  elif $a | type == "array" then $a + (if $b | type == "array" then $b elif $b == null then [] else [$b] end)
  elif $a | type == "object" then if $b | type == "object" then $a + $b
    else error("\($b | ytag) () cannot be added to a !!map ()") end
  elif $b | _yscalar | not then error("\($b | ytag) () cannot be added to a \($a | ytag) ()")
  elif ($a | type) == "string" then if $b == null then $a else $a + ($b | _ytext) end
  elif ($b | type) == "string" then ($a | _ytext) + $b
  elif ($a | type) == "number" and ($b | type) == "number" then $a + $b
  else error("\($a | ytag) cannot be added to \($b | ytag)") end;
def _ysub($a; $b):
  if $b == null then $a
  elif ($a | type) == "array" then if $b | type == "array" then $a - $b else $a - [$b] end
  elif ($a | type) == "number" and ($b | type) == "number" then $a - $b
  elif $a == null and ($b | type) == "number" then - $b
  elif ($a | type) == "object" then error("maps not yet supported for subtraction")
  else error("\($b | ytag) (\($b | _ytext)) cannot be subtracted from \($a | ytag)") end;
def _ydiv($a; $b):
  if ($a | type) == "string" and ($b | type) == "string" then $a | split($b)
  elif ($a | type) == "number" and ($b | type) == "number" then
    if $b == 0 then (if $a > 0 then infinite elif $a < 0 then - infinite else nan end) else $a / $b end
  else error("\($a | ytag) () cannot be divided by \($b | ytag) ()") end;
def _ymod($a; $b):
  if ($a | type) == "number" and ($b | type) == "number" then
    if ($a | ytag) == "!!int" and ($b | ytag) == "!!int" then
      if $b == 0 then error("cannot modulo by 0") else $a % $b end
    elif $b == 0 then nan else $a - $b * ($a / $b | trunc) end
  else error("\($a | ytag) () cannot modulo by \($b | ytag) ()") end;
def _ymerge($a; $b; $f):
  if ($b | type) == "object" then
    reduce ($b | keys_unsorted[]) as $k ($a // {};
      if ($f | contains("?")) and (has($k) | not) then .
      elif (.[$k] | type) == "object" and ($b[$k] | type) == "object" then .[$k] |= _ymerge(.; $b[$k]; $f)
      elif ($f | contains("n")) and has($k) then .
      elif ($b[$k] | type) == "array" and (.[$k] | type) == "array" then .[$k] |= _ymerge(.; $b[$k]; $f)
      else .[$k] = $b[$k] end)
  elif $f | contains("+") then ($a // []) + $b
  elif $f | contains("d") then reduce range($b | length) as $i ($a // [];
    if (.[$i] | _yscalar | not) and (.[$i] | type) == ($b[$i] | type) then .[$i] |= _ymerge(.; $b[$i]; $f)
    else .[$i] = $b[$i] end)
  elif ($f | contains("n")) and $a != null then $a
  else $b end;
def _ymul($a; $b; $f):
  if $b == null then $a
  elif (($b | type) == "object" and ($a | type | . == "object" or . == "null"))
    or (($b | type) == "array" and ($a | type | . == "array" or . == "null")) then _ymerge($a; $b; $f)
  elif ($a | type) == "number" and ($b | type) == "number" then $a * $b
  elif ($a | type) == "string" and ($b | type) == "number" then if $b < 1 then "" else $a * $b end
  elif ($a | type) == "number" and ($b | type) == "string" then if $a < 1 then "" else $b * $a end
  else error("cannot multiply \($a | ytag) with \($b | ytag)") end;
def _yeq($a; $b): if $a == null then $b == null
  elif ($a | _yscalar) and ($b | _yscalar) then _glob($a | _ytext; $b | _ytext) else false end;
def _ycompare($a; $b; f):
  if $a == null or $b == null then ($a == null and $b == null) and ([0, 0] | f)
  elif ($a | type) == ($b | type) and ($a | _yscalar) then [$a, $b] | f
  else error("\($a | ytag) not yet supported for comparison") end;
def _yless($a; $b): if $a == null or $b == null then false else _ycompare($a; $b; .[0] < .[1]) end;
def _yleast($a; $b): _ycompare($a; $b; .[0] <= .[1]);
def _yadd_to(p; v): [v] as $v | if $v == [] then . else _modify(p; _yadd(.; $v[0])) end;
def _ysub_to(p; v): [v] as $v | if $v == [] then . else _modify(p; _ysub(.; $v[0])) end;
def _ymul_to(p; v; $f): [v] as $v | if $v == [] then . else _modify(p; _ymul(.; $v[0]; $f)) end;
def _yplace: _here | if . == null or . == [] or (.[0] | type) != "number" then 0 else .[0] end;
def ylength: if type == "null" then 0 elif type == "string" or type == "array" or type == "object" then length else _ytext | length end;
def ykeys: if type == "object" then keys_unsorted elif type == "array" then keys
  else error("cannot get keys of \(ytag), keys only works for maps and arrays") end;
def ypath: _here | if . == null then [] else . end;
def ykey: _here | if . == null or . == [] then empty else .[-1] end;
def yhas($k): if type == "object" then has($k | _ytext) elif type == "array" then (($k | type) == "number" and has($k)) else false end;
def yentries: if type == "array" then [range(length) as $i | {key: $i, value: .[$i]}] elif . == null then empty
  elif type == "object" then to_entries else error("\(ytag) has no keys") end;
def yfrom_entries: reduce .[] as $e ({}; .[$e.key | _ytext] = $e.value);
def ywith_entries(f): _in_place(type as $t | yentries | [.[] | f] | if $t == "array" then [.[] | .value] else yfrom_entries end);
def ymap_values(f): if type == "object" then _modify(.[]; f) elif type == "array" then _modify(.[]; f) else . end;
def yfilter(f): [_yeach | select(f)];
def ynot: if . == null or . == false then true else false end;
def ytruthy: if . == null or . == false then false else true end;
def ypick(k): k as $keys | . as $o | if type == "array" then [$keys[] as $i | select($i < ($o | length) and $i + ($o | length) >= 0) | $o[$i]]
  else _in_place(reduce $keys[] as $n ({}; ($n | _ytext) as $n | if $o | has($n) then .[$n] = $o[$n] else . end)) end;
def yomit(k): k as $keys | if type == "array" then delpaths([$keys[] | [.]]) else delpaths([$keys[] | [_ytext]]) end;
def yunique_by(f): reduce .[] as $x ([[], []]; ($x | [f]) as $k | if .[0] | any(.[]; . == $k) then . else [.[0] + [$k], .[1] + [$x]] end) | .[1];
def yunique: yunique_by(.);
def ygroup_by(f): reduce .[] as $x ([[], []]; ($x | [f]) as $k | (.[0] | [range(length) as $i | select(.[$i] == $k) | $i][0]) as $at
  | if $at == null then [.[0] + [$k], .[1] + [[$x]]] else .[1][$at] += [$x] end) | .[1];
def yjoin($s): map(if . == null then "" else _ytext end) | join($s);
def ytest($re): if type == "string" then test($re) else error("cannot match with \(ytag), can only match strings. Hint: Most often you'll want to use '|=' over '=' for this operation") end;
def _yexpand($to; $m): $to | gsub("\\$\\{?(?<n>[0-9]+)\\}?"; (.n | tonumber) as $n
  | if $n == 0 then $m.string else $m.captures[$n - 1].string // "" end);
def ysub($re; $to): if type != "string" then error("cannot substitute with \(ytag), can only substitute strings. Hint: Most often you'll want to use '|=' over '=' for this operation")
  elif $to | contains("$") | not then gsub($re; $to)
  else . as $in | reduce match($re; "g") as $m ([0, ""]; [$m.offset + $m.length, .[1] + $in[.[0]:$m.offset] + _yexpand($to; $m)])
    | .[1] + $in[.[0]:] end;
def _yfound: {string: .string, offset: .offset, length: .length, captures: [.captures[]
  | {string: .string, offset: .offset, length: .length} + (if .name then {name: .name} else {} end)]};
def ymatch($re; $flags): match($re; $flags) | _yfound;
def ycapture($re; $flags): capture($re; $flags);
def ymatch($re): ymatch($re; "");
def ycapture($re): capture($re);
def ysplit($s): if . == null then empty elif type == "string" then split($s) else error("cannot split \(ytag), can only split strings") end;
def ycontains($x): if ($x | type) != type and . != null then error("\($x | ytag) cannot check contained in \(ytag)") elif type == "array" then
  all($x[]; . as $w | true) and (. as $o | all($x[]; . as $w | any($o[]; if type == ($w | type) then (if _yscalar then (if type == "string" then contains($w) else . == $w end) else contains($w) end) else false end))) else contains($x) end;
def yany: any(.[]; ytruthy);
def yall: all(.[]; ytruthy);
def yto_string: if _yscalar then _ytext else _to_yaml | rtrimstr("\n") end;
def yto_number: if type == "number" then . elif type == "string" then tonumber else error("cannot convert node value [\(_ytext)] at path \(ypath | join(".")) of tag \(ytag) to number") end;
def ysort_by(f): _in_place(_sort_by(map([f | if type == "string" then [1, .] else [0, .] end])));
def ysort_keys(p): _modify(p; if type == "object" then . as $o | reduce (keys[]) as $k ({}; .[$k] = $o[$k]) else . end);
def yflatten: flatten;
def yfirst(f): first(_yeach | select(f));
def yarray_to_map: . as $a | reduce (range(length) | select($a[.] != null)) as $i ({}; .[$i | tostring] = $a[$i]);
def yerror(m): error(m | _ytext);
def ywith(p; f): _modify(p; f);
def yexplode(p): _modify(p; walk(if type == "object" and has("<<") then _yflat else . end));
def ydel(p): delpaths([path(p)]);
def yset_path($p; $v): _in_place(setpath($p; $v));
def ydel_paths($p): if $p | all(.[]; type == "array") then delpaths($p) else ($p | [.[] | type != "array"] | index(true)) as $i
  | error("DELPATHS: expected entry [\($i)] to be a sequence, but its a \($p[$i] | ytag). Note that delpaths takes an array of path arrays, e.g. [[\"a\", \"b\"]]") end;
def ysort: _in_place(if type == "object" then [to_entries[]] | sort_by(.value) | from_entries else sort end);
def ymin: if . == [] then empty else min end;
def ymax: if . == [] then empty else max end;
def yreverse: _in_place(reverse);
def yfrom_yaml: fromjson;
def ynow: now | todate;
def yfrom_unix: todate;
def yto_unix: fromdate;
def yparent($n; $root; $base): _here as $p | ($p | length) as $len
  | if $p == null or ($len <= $base and $n > 0) then empty
    elif $n < 0 then $root | getpath($p[:([$base - 1 - $n, $len] | min)])
    elif $len - $n < $base then empty else $root | getpath($p[:($len - $n)]) end;
