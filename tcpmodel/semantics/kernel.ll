; The search for states of $words words, as LLVM IR; see kernel.py.  $$-names are filled in there.
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)

define internal i64 @hash(ptr %row) alwaysinline {
  $hash
  ret i64 %h
}

declare i8 @llvm.cttz.i8(i8, i1)

; The place where the search for a hash begins, the first of eight.  The upper 32 bits of the hash say
; where; they are what a place keeps of it.
define internal i64 @home(i64 %hash, i64 %places) alwaysinline {
  %eighth = lshr i64 %places, 3
  %upper = lshr i64 %hash, 32
  %scaled = mul i64 %upper, %eighth
  %line = lshr i64 %scaled, 32
  %place = shl i64 %line, 3
  ret i64 %place
}

; The first place from `home` on that is empty or holds the same 32 bits of the hash.  Eight places,
; which are one line of the cache, are compared at once.
define internal i64 @seek(ptr %table, i64 %places, i64 %home, i64 %hash) alwaysinline {
entry:
  %tag = and i64 %hash, -4294967296
  %one = insertelement <8 x i64> poison, i64 %tag, i64 0
  %tags = shufflevector <8 x i64> %one, <8 x i64> poison, <8 x i32> zeroinitializer
  br label %probe
probe:
  %at = phi i64 [ %home, %entry ], [ %next, %further ]
  %p = getelementptr i64, ptr %table, i64 %at
  %line = load <8 x i64>, ptr %p, align 64
  %difference = xor <8 x i64> %line, %tags
  %similar = icmp ult <8 x i64> %difference, 
      <i64 4294967296, i64 4294967296, i64 4294967296, i64 4294967296,
       i64 4294967296, i64 4294967296, i64 4294967296, i64 4294967296>
  %empty = icmp eq <8 x i64> %line, zeroinitializer
  %either = or <8 x i1> %similar, %empty
  %bits = bitcast <8 x i1> %either to i8
  %none = icmp eq i8 %bits, 0
  br i1 %none, label %further, label %done
further:
  %up = add i64 %at, 8
  %over = icmp eq i64 %up, %places
  %next = select i1 %over, i64 0, i64 %up
  br label %probe
done:
  %first = call i8 @llvm.cttz.i8(i8 %bits, i1 true)
  %offset = zext i8 %first to i64
  %place = add i64 %at, %offset
  ret i64 %place
}

define internal i64 @get(ptr %context, i64 %field) alwaysinline {
  %p = getelementptr i64, ptr %context, i64 %field
  %v = load i64, ptr %p
  ret i64 %v
}

define internal void @set(ptr %context, i64 %field, i64 %value) alwaysinline {
  %p = getelementptr i64, ptr %context, i64 %field
  store i64 %value, ptr %p
  ret void
}

define internal void @increase(ptr %numbers, i64 %place, i64 %by) alwaysinline {
  %p = getelementptr i64, ptr %numbers, i64 %place
  %old = load i64, ptr %p
  %new = add i64 %old, %by
  store i64 %new, ptr %p
  ret void
}

define internal ptr @row_of(ptr %rows, i64 %index) alwaysinline {
  %offset = mul i64 %index, $words
  %p = getelementptr i64, ptr %rows, i64 %offset
  ret ptr %p
}

; The index of a row, or -1 - (the place where it belongs); `from` is where to begin to look.
define internal i64 @lookup(ptr %context, ptr %row, i64 %hash, i64 %from) alwaysinline {
entry:
  %table0 = call i64 @get(ptr %context, i64 $table)
  %table = inttoptr i64 %table0 to ptr
  %rows0 = call i64 @get(ptr %context, i64 $rows)
  %rows = inttoptr i64 %rows0 to ptr
  %places = call i64 @get(ptr %context, i64 $places)
  %tag = and i64 %hash, -4294967296
  br label %probe
probe:
  %place = phi i64 [ %from, %entry ], [ %next, %further ]
  %p = getelementptr i64, ptr %table, i64 %place
  %slot = load atomic i64, ptr %p acquire, align 8
  %empty = icmp eq i64 %slot, 0
  br i1 %empty, label %absent, label %taken
taken:
  %difference = xor i64 %slot, %tag
  %similar = icmp ult i64 %difference, 4294967296
  br i1 %similar, label %compare, label %further
compare:
  %number = and i64 %slot, 4294967295
  %index = sub i64 %number, 1
  %known = call ptr @row_of(ptr %rows, i64 %index)
  $same
  br i1 %equal, label %present, label %further
further:
  %up = add i64 %place, 1
  %over = icmp eq i64 %up, %places
  %next = select i1 %over, i64 0, i64 %up
  br label %probe
present:
  ret i64 %index
absent:
  %result = xor i64 %place, -1
  ret i64 %result
}

; Keep a row if it is new; it is looked for from the place `from` on.
define internal void @keep(ptr %context, ptr %row, i64 %hash, i64 %from, i64 %parent) alwaysinline {
entry:
  %at = call i64 @lookup(ptr %context, ptr %row, i64 %hash, i64 %from)
  %is_new = icmp slt i64 %at, 0
  br i1 %is_new, label %add, label %end
add:
  %place = xor i64 %at, -1
  %count = call i64 @get(ptr %context, i64 $count)
  %number = add i64 %count, 1
  %tag = and i64 %hash, -4294967296
  %slot = or i64 %tag, %number
  %table0 = call i64 @get(ptr %context, i64 $table)
  %table = inttoptr i64 %table0 to ptr
  %p = getelementptr i64, ptr %table, i64 %place
  %rows0 = call i64 @get(ptr %context, i64 $rows)
  %rows = inttoptr i64 %rows0 to ptr
  %new = call ptr @row_of(ptr %rows, i64 %count)
  $copy
  %parents0 = call i64 @get(ptr %context, i64 $parents)
  %parents = inttoptr i64 %parents0 to ptr
  %pp = getelementptr i32, ptr %parents, i64 %count
  %short = trunc i64 %parent to i32
  store i32 %short, ptr %pp
  ; Whoever sees the place taken, in another thread, sees the row.
  store atomic i64 %slot, ptr %p release, align 8
  call void @set(ptr %context, i64 $count, i64 %number)
  %check0 = call i64 @get(ptr %context, i64 $check)
  %check = inttoptr i64 %check0 to ptr
  %said = call i64 %check(ptr %row)
  %seen = call i64 @get(ptr %context, i64 $seen)
  %union = or i64 %seen, %said
  call void @set(ptr %context, i64 $seen, i64 %union)
  %goal = and i64 %said, 1
  %hit = icmp eq i64 %goal, 1
  %found = call i64 @get(ptr %context, i64 $found)
  %none = icmp slt i64 %found, 0
  %first = and i1 %hit, %none
  br i1 %first, label %mark, label %end
mark:
  call void @set(ptr %context, i64 $found, i64 %count)
  br label %end
end:
  ret void
}

; Compute the successors of a batch of states and find where each will be looked up: in the first
; place that is empty or holds the same 32 bits of the hash.  (All places before it hold others, and
; go on to.)  Returns their number; hashes and places are in the buffers.
define internal i64 @prepare(ptr %context, i64 %first, i64 %states) {
entry:
  %rows0 = call i64 @get(ptr %context, i64 $rows)
  %rows = inttoptr i64 %rows0 to ptr
  %table0 = call i64 @get(ptr %context, i64 $table)
  %table = inttoptr i64 %table0 to ptr
  %places = call i64 @get(ptr %context, i64 $places)
  %buffer0 = call i64 @get(ptr %context, i64 $found_rows)
  %buffer = inttoptr i64 %buffer0 to ptr
  %actions0 = call i64 @get(ptr %context, i64 $found_actions)
  %actions = inttoptr i64 %actions0 to ptr
  %hashes0 = call i64 @get(ptr %context, i64 $hashes)
  %hashes = inttoptr i64 %hashes0 to ptr
  %starts0 = call i64 @get(ptr %context, i64 $starts)
  %starts = inttoptr i64 %starts0 to ptr
  %counts0 = call i64 @get(ptr %context, i64 $counts)
  %counts = inttoptr i64 %counts0 to ptr
  %successors0 = call i64 @get(ptr %context, i64 $successors)
  %successors = inttoptr i64 %successors0 to ptr
  br label %states_head
states_head:
  %i = phi i64 [ 0, %entry ], [ %i1, %states_end ]
  %total = phi i64 [ 0, %entry ], [ %total1, %states_end ]
  %more = icmp slt i64 %i, %states
  br i1 %more, label %states_body, label %look_head
states_body:
  %index = add i64 %first, %i
  %row = call ptr @row_of(ptr %rows, i64 %index)
  %out = call ptr @row_of(ptr %buffer, i64 %total)
  %out_action = getelementptr i32, ptr %actions, i64 %total
  %n = call i64 %successors(ptr %row, ptr %out, ptr %out_action)
  %pc = getelementptr i64, ptr %counts, i64 %i
  store i64 %n, ptr %pc
  %total1 = add i64 %total, %n
  br label %hash_head
hash_head:
  %j = phi i64 [ %total, %states_body ], [ %j1, %hash_body ]
  %unhashed = icmp slt i64 %j, %total1
  br i1 %unhashed, label %hash_body, label %states_end
hash_body:
  %r = call ptr @row_of(ptr %buffer, i64 %j)
  %h = call i64 @hash(ptr %r)
  %ph = getelementptr i64, ptr %hashes, i64 %j
  store i64 %h, ptr %ph
  %home = call i64 @home(i64 %h, i64 %places)
  %pt = getelementptr i64, ptr %table, i64 %home
  call void @llvm.prefetch.p0(ptr %pt, i32 0, i32 3, i32 1)
  %j1 = add i64 %j, 1
  br label %hash_head
states_end:
  %i1 = add i64 %i, 1
  br label %states_head
look_head:
  %k = phi i64 [ 0, %states_head ], [ %k1, %look_body ]
  %unlooked = icmp slt i64 %k, %total
  br i1 %unlooked, label %look_body, label %end
look_body:
  %ph2 = getelementptr i64, ptr %hashes, i64 %k
  %h2 = load i64, ptr %ph2
  %home2 = call i64 @home(i64 %h2, i64 %places)
  %place = call i64 @seek(ptr %table, i64 %places, i64 %home2, i64 %h2)
  %pt2 = getelementptr i64, ptr %table, i64 %place
  %slot = load i64, ptr %pt2
  %number = and i64 %slot, 4294967295
  %vacant = icmp eq i64 %number, 0
  %known = sub i64 %number, 1
  %some = select i1 %vacant, i64 0, i64 %known
  %known_row = call ptr @row_of(ptr %rows, i64 %some)
  call void @llvm.prefetch.p0(ptr %known_row, i32 0, i32 3, i32 1)
  %pl = getelementptr i64, ptr %starts, i64 %k
  store i64 %place, ptr %pl
  %k1 = add i64 %k, 1
  br label %look_head
end:
  ret i64 %total
}

define internal i64 @batch_size(i64 %first, i64 %last) alwaysinline {
  %rest = sub i64 %last, %first
  %small = icmp slt i64 %rest, $batch
  %states = select i1 %small, i64 %rest, i64 $batch
  ret i64 %states
}

; Count the `n` steps from a state; they are in the buffers from `start` on.
define internal void @tally(ptr %context, i64 %start, i64 %n) alwaysinline {
entry:
  %actions0 = call i64 @get(ptr %context, i64 $found_actions)
  %actions = inttoptr i64 %actions0 to ptr
  %fired0 = call i64 @get(ptr %context, i64 $fired)
  %fired = inttoptr i64 %fired0 to ptr
  call void @increase(ptr %context, i64 $transitions, i64 %n)
  %stuck = icmp eq i64 %n, 0
  %d = zext i1 %stuck to i64
  call void @increase(ptr %context, i64 $deadlocks, i64 %d)
  %end = add i64 %start, %n
  br label %head
head:
  %j = phi i64 [ %start, %entry ], [ %j1, %body ]
  %step = icmp slt i64 %j, %end
  br i1 %step, label %body, label %done
body:
  %pa = getelementptr i32, ptr %actions, i64 %j
  %a32 = load i32, ptr %pa
  %a = zext i32 %a32 to i64
  call void @increase(ptr %fired, i64 %a, i64 1)
  %j1 = add i64 %j, 1
  br label %head
done:
  ret void
}

; Expand states from `following` up to `last`.
define i64 @expand(ptr noalias %context, i64 %last) {
entry:
  %buffer0 = call i64 @get(ptr %context, i64 $found_rows)
  %buffer = inttoptr i64 %buffer0 to ptr
  %hashes0 = call i64 @get(ptr %context, i64 $hashes)
  %hashes = inttoptr i64 %hashes0 to ptr
  %starts0 = call i64 @get(ptr %context, i64 $starts)
  %starts = inttoptr i64 %starts0 to ptr
  %counts0 = call i64 @get(ptr %context, i64 $counts)
  %counts = inttoptr i64 %counts0 to ptr
  %most = call i64 @get(ptr %context, i64 $most)
  %limit = call i64 @get(ptr %context, i64 $limit)
  br label %batch_head
batch_head:
  %first = call i64 @get(ptr %context, i64 $following)
  %more = icmp slt i64 %first, %last
  br i1 %more, label %room, label %done
room:
  %states = call i64 @batch_size(i64 %first, i64 %last)
  %worst = mul i64 %states, %most
  %count = call i64 @get(ptr %context, i64 $count)
  %after = add i64 %count, %worst
  %crowded = icmp sgt i64 %after, %limit
  br i1 %crowded, label %full, label %batch
batch:
  %unused = call i64 @prepare(ptr %context, i64 %first, i64 %states)
  br label %states_head
states_head:
  %i = phi i64 [ 0, %batch ], [ %i1, %states_next ]
  %start = phi i64 [ 0, %batch ], [ %end, %states_next ]
  %unlooked = icmp slt i64 %i, %states
  br i1 %unlooked, label %states_body, label %batch_head
states_body:
  %parent = add i64 %first, %i
  %pc = getelementptr i64, ptr %counts, i64 %i
  %n = load i64, ptr %pc
  %end = add i64 %start, %n
  call void @tally(ptr %context, i64 %start, i64 %n)
  br label %steps_head
steps_head:
  %j = phi i64 [ %start, %states_body ], [ %j1, %steps_body ]
  %step = icmp slt i64 %j, %end
  br i1 %step, label %steps_body, label %states_end
steps_body:
  %row = call ptr @row_of(ptr %buffer, i64 %j)
  %ph = getelementptr i64, ptr %hashes, i64 %j
  %h = load i64, ptr %ph
  %ps = getelementptr i64, ptr %starts, i64 %j
  %from = load i64, ptr %ps
  call void @keep(ptr %context, ptr %row, i64 %h, i64 %from, i64 %parent)
  %j1 = add i64 %j, 1
  br label %steps_head
states_end:
  %i1 = add i64 %i, 1
  %following = add i64 %parent, 1
  call void @set(ptr %context, i64 $following, i64 %following)
  %found = call i64 @get(ptr %context, i64 $found)
  %hit = icmp sge i64 %found, 0
  br i1 %hit, label %stop, label %states_next
states_next:
  br label %states_head
done:
  ret i64 0
full:
  ret i64 $crowded
stop:
  ret i64 0
}

; Keep `states` rows that have no parent.
define void @start(ptr noalias %context, ptr %given, i64 %states) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %body ]
  %more = icmp slt i64 %i, %states
  br i1 %more, label %body, label %end
body:
  %row = call ptr @row_of(ptr %given, i64 %i)
  %h = call i64 @hash(ptr %row)
  %places = call i64 @get(ptr %context, i64 $places)
  %home = call i64 @home(i64 %h, i64 %places)
  call void @keep(ptr %context, ptr %row, i64 %h, i64 %home, i64 4294967295)
  %i1 = add i64 %i, 1
  br label %head
end:
  ret void
}

; Let the table have more places, all of them empty beyond the ones it has.  From the last place
; down, each entry moves up to where it belongs: where nothing is that will move.  Those for which
; that cannot be, next to the ends, go to `aside` first.
define void @spread(ptr noalias %context, i64 %wider, ptr %aside) {
entry:
  %table0 = call i64 @get(ptr %context, i64 $table)
  %table = inttoptr i64 %table0 to ptr
  %places = call i64 @get(ptr %context, i64 $places)
  call void @set(ptr %context, i64 $places, i64 %wider)
  br label %head
head:
  %i = phi i64 [ %places, %entry ], [ %at, %body ], [ %at, %move ], [ %at, %later ]
  %number = phi i64 [ 0, %entry ], [ %number, %body ], [ %number, %move ], [ %number1, %later ]
  %more = icmp sgt i64 %i, 0
  br i1 %more, label %body, label %rest
body:
  %at = sub i64 %i, 1
  %p = getelementptr i64, ptr %table, i64 %at
  %slot = load i64, ptr %p
  %none = icmp eq i64 %slot, 0
  br i1 %none, label %head, label %taken
taken:
  store i64 0, ptr %p
  %home = call i64 @home(i64 %slot, i64 %wider)
  %below = icmp slt i64 %home, %at
  br i1 %below, label %later, label %probe
probe:
  %place = phi i64 [ %home, %taken ], [ %up, %further ]
  %to = getelementptr i64, ptr %table, i64 %place
  %there = load i64, ptr %to
  %empty = icmp eq i64 %there, 0
  br i1 %empty, label %move, label %further
further:
  %up = add i64 %place, 1
  %over = icmp eq i64 %up, %wider
  br i1 %over, label %later, label %probe
move:
  store i64 %slot, ptr %to
  br label %head
later:
  %pa = getelementptr i64, ptr %aside, i64 %number
  store i64 %slot, ptr %pa
  %number1 = add i64 %number, 1
  br label %head
rest:
  %j = phi i64 [ 0, %head ], [ %j1, %store ]
  %waiting = icmp slt i64 %j, %number
  br i1 %waiting, label %insert, label %end
insert:
  %pj = getelementptr i64, ptr %aside, i64 %j
  %entry_j = load i64, ptr %pj
  %home_j = call i64 @home(i64 %entry_j, i64 %wider)
  br label %seek
seek:
  %place_j = phi i64 [ %home_j, %insert ], [ %next, %on ]
  %to_j = getelementptr i64, ptr %table, i64 %place_j
  %there_j = load i64, ptr %to_j
  %free = icmp eq i64 %there_j, 0
  br i1 %free, label %store, label %on
on:
  %up_j = add i64 %place_j, 1
  %over_j = icmp eq i64 %up_j, %wider
  %next = select i1 %over_j, i64 0, i64 %up_j
  br label %seek
store:
  store i64 %entry_j, ptr %to_j
  %j1 = add i64 %j, 1
  br label %rest
end:
  ret void
}

; The steps from the states `first` to `last`: their number, and into `targets` and `labels` the
; index of the state after each and its action; into `degrees` how many each state has.
define i64 @edges(ptr noalias %context, i64 %first, i64 %last,
                  ptr %targets, ptr %labels, ptr %degrees) {
entry:
  %buffer0 = call i64 @get(ptr %context, i64 $found_rows)
  %buffer = inttoptr i64 %buffer0 to ptr
  %actions0 = call i64 @get(ptr %context, i64 $found_actions)
  %actions = inttoptr i64 %actions0 to ptr
  %hashes0 = call i64 @get(ptr %context, i64 $hashes)
  %hashes = inttoptr i64 %hashes0 to ptr
  %starts0 = call i64 @get(ptr %context, i64 $starts)
  %starts = inttoptr i64 %starts0 to ptr
  %counts0 = call i64 @get(ptr %context, i64 $counts)
  %counts = inttoptr i64 %counts0 to ptr
  br label %batch_head
batch_head:
  %at = phi i64 [ %first, %entry ], [ %at1, %counts_head ]
  %done = phi i64 [ 0, %entry ], [ %done1, %counts_head ]
  %more = icmp slt i64 %at, %last
  br i1 %more, label %batch, label %end
batch:
  %states = call i64 @batch_size(i64 %at, i64 %last)
  %total = call i64 @prepare(ptr %context, i64 %at, i64 %states)
  %done1 = add i64 %done, %total
  %at1 = add i64 %at, %states
  %base = sub i64 %at, %first
  br label %steps_head
steps_head:
  %j = phi i64 [ 0, %batch ], [ %j1, %steps_body ]
  %step = icmp slt i64 %j, %total
  br i1 %step, label %steps_body, label %counts_head
steps_body:
  %pa = getelementptr i32, ptr %actions, i64 %j
  %a = load i32, ptr %pa
  %row = call ptr @row_of(ptr %buffer, i64 %j)
  %ph = getelementptr i64, ptr %hashes, i64 %j
  %h = load i64, ptr %ph
  %ps = getelementptr i64, ptr %starts, i64 %j
  %from = load i64, ptr %ps
  %index = call i64 @lookup(ptr %context, ptr %row, i64 %h, i64 %from)
  %out = add i64 %done, %j
  %pt = getelementptr i32, ptr %targets, i64 %out
  %short = trunc i64 %index to i32
  store i32 %short, ptr %pt
  %pl = getelementptr i32, ptr %labels, i64 %out
  store i32 %a, ptr %pl
  %j1 = add i64 %j, 1
  br label %steps_head
counts_head:
  %i = phi i64 [ 0, %steps_head ], [ %i1, %counts_body ]
  %uncounted = icmp slt i64 %i, %states
  br i1 %uncounted, label %counts_body, label %batch_head
counts_body:
  %pc = getelementptr i64, ptr %counts, i64 %i
  %n = load i64, ptr %pc
  %where = add i64 %base, %i
  %pd = getelementptr i64, ptr %degrees, i64 %where
  store i64 %n, ptr %pd
  %i1 = add i64 %i, 1
  br label %counts_head
end:
  ret i64 %done
}
