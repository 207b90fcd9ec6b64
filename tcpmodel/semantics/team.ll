; How several threads search together, as LLVM IR after that of kernel.ll: each expands some states
; of a level, and one of them keeps what is new, in the order in which it alone would have found it.

; Expand the states from `first` up to `last` without keeping anything: what is not known goes to the
; candidates of this part.  Another thread may keep states meanwhile: of those, some are candidates.
define void @sift(ptr noalias %part, i64 %first, i64 %last) {
entry:
  %buffer0 = call i64 @get(ptr %part, i64 $found_rows)
  %buffer = inttoptr i64 %buffer0 to ptr
  %hashes0 = call i64 @get(ptr %part, i64 $hashes)
  %hashes = inttoptr i64 %hashes0 to ptr
  %starts0 = call i64 @get(ptr %part, i64 $starts)
  %starts = inttoptr i64 %starts0 to ptr
  %counts0 = call i64 @get(ptr %part, i64 $counts)
  %counts = inttoptr i64 %counts0 to ptr
  %candidates0 = call i64 @get(ptr %part, i64 $candidates)
  %candidates = inttoptr i64 %candidates0 to ptr
  %origins0 = call i64 @get(ptr %part, i64 $origins)
  %origins = inttoptr i64 %origins0 to ptr
  br label %batch_head
batch_head:
  %at = phi i64 [ %first, %entry ], [ %at1, %states_head ]
  %kept = phi i64 [ 0, %entry ], [ %kept1, %states_head ]
  %more = icmp slt i64 %at, %last
  br i1 %more, label %batch, label %done
batch:
  %states = call i64 @batch_size(i64 %at, i64 %last)
  %unused = call i64 @prepare(ptr %part, i64 %at, i64 %states)
  %at1 = add i64 %at, %states
  br label %states_head
states_head:
  %i = phi i64 [ 0, %batch ], [ %i1, %states_end ]
  %start = phi i64 [ 0, %batch ], [ %end, %states_end ]
  %kept1 = phi i64 [ %kept, %batch ], [ %kept2, %states_end ]
  %unlooked = icmp slt i64 %i, %states
  br i1 %unlooked, label %states_body, label %batch_head
states_body:
  %parent = add i64 %at, %i
  %origin = trunc i64 %parent to i32
  %pc = getelementptr i64, ptr %counts, i64 %i
  %n = load i64, ptr %pc
  %end = add i64 %start, %n
  call void @tally(ptr %part, i64 %start, i64 %n)
  br label %steps_head
steps_head:
  %j = phi i64 [ %start, %states_body ], [ %j1, %steps_end ]
  %kept2 = phi i64 [ %kept1, %states_body ], [ %kept3, %steps_end ]
  %step = icmp slt i64 %j, %end
  br i1 %step, label %steps_body, label %states_end
steps_body:
  %row = call ptr @row_of(ptr %buffer, i64 %j)
  %ph = getelementptr i64, ptr %hashes, i64 %j
  %h = load i64, ptr %ph
  %ps = getelementptr i64, ptr %starts, i64 %j
  %from = load i64, ptr %ps
  %found = call i64 @lookup(ptr %part, ptr %row, i64 %h, i64 %from)
  %unknown = icmp slt i64 %found, 0
  br i1 %unknown, label %candidate, label %steps_end
candidate:
  %new = call ptr @row_of(ptr %candidates, i64 %kept2)
  $copy
  %po = getelementptr i32, ptr %origins, i64 %kept2
  store i32 %origin, ptr %po
  %kept_more = add i64 %kept2, 1
  br label %steps_end
steps_end:
  %kept3 = phi i64 [ %kept2, %steps_body ], [ %kept_more, %candidate ]
  %j1 = add i64 %j, 1
  br label %steps_head
states_end:
  %i1 = add i64 %i, 1
  br label %states_head
done:
  call void @set(ptr %part, i64 $count, i64 %kept)
  call void @set(ptr %part, i64 $taken, i64 0)
  call void @set(ptr %part, i64 $following, i64 %last)
  ret void
}

; Keep those candidates of a part that are new, from the first that was not taken before; where the
; goal is found, only those of the same origin follow.
define i64 @admit(ptr noalias %context, ptr noalias %part) {
entry:
  %places = call i64 @get(ptr %context, i64 $places)
  %table0 = call i64 @get(ptr %context, i64 $table)
  %table = inttoptr i64 %table0 to ptr
  %limit = call i64 @get(ptr %context, i64 $limit)
  %candidates0 = call i64 @get(ptr %part, i64 $candidates)
  %candidates = inttoptr i64 %candidates0 to ptr
  %origins0 = call i64 @get(ptr %part, i64 $origins)
  %origins = inttoptr i64 %origins0 to ptr
  %number = call i64 @get(ptr %part, i64 $count)
  %begin = call i64 @get(ptr %part, i64 $taken)
  %parents0 = call i64 @get(ptr %context, i64 $parents)
  %parents = inttoptr i64 %parents0 to ptr
  br label %head
head:
  %j = phi i64 [ %begin, %entry ], [ %j1, %take ]
  %more = icmp slt i64 %j, %number
  br i1 %more, label %room, label %done
room:
  %count = call i64 @get(ptr %context, i64 $count)
  %crowded = icmp sge i64 %count, %limit
  br i1 %crowded, label %full, label %body
body:
  %po = getelementptr i32, ptr %origins, i64 %j
  %origin = load i32, ptr %po
  %found = call i64 @get(ptr %context, i64 $found)
  %hit = icmp sge i64 %found, 0
  br i1 %hit, label %ending, label %take
ending:
  %pp = getelementptr i32, ptr %parents, i64 %found
  %last = load i32, ptr %pp
  %others = icmp ne i32 %origin, %last
  br i1 %others, label %done, label %take
take:
  %later = add i64 %j, $ahead
  %beyond = icmp sge i64 %later, %number
  %next = select i1 %beyond, i64 %j, i64 %later
  %soon = call ptr @row_of(ptr %candidates, i64 %next)
  %hs = call i64 @hash(ptr %soon)
  %home_s = call i64 @home(i64 %hs, i64 %places)
  %ps = getelementptr i64, ptr %table, i64 %home_s
  call void @llvm.prefetch.p0(ptr %ps, i32 1, i32 3, i32 1)
  %row = call ptr @row_of(ptr %candidates, i64 %j)
  %h = call i64 @hash(ptr %row)
  %home = call i64 @home(i64 %h, i64 %places)
  %place = call i64 @seek(ptr %table, i64 %places, i64 %home, i64 %h)
  %parent = zext i32 %origin to i64
  call void @keep(ptr %context, ptr %row, i64 %h, i64 %place, i64 %parent)
  %j1 = add i64 %j, 1
  br label %head
full:
  call void @set(ptr %part, i64 $taken, i64 %j)
  ret i64 $crowded
done:
  ret i64 0
}

; The states of a part are expanded: add what was counted there.
define void @add(ptr noalias %context, ptr noalias %part, i64 %actions) {
entry:
  %following = call i64 @get(ptr %part, i64 $following)
  call void @set(ptr %context, i64 $following, i64 %following)
  call void @move(ptr %context, ptr %part, i64 $transitions)
  call void @move(ptr %context, ptr %part, i64 $deadlocks)
  %to0 = call i64 @get(ptr %context, i64 $fired)
  %to = inttoptr i64 %to0 to ptr
  %from0 = call i64 @get(ptr %part, i64 $fired)
  %from = inttoptr i64 %from0 to ptr
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %body ]
  %more = icmp slt i64 %i, %actions
  br i1 %more, label %body, label %end
body:
  call void @move(ptr %to, ptr %from, i64 %i)
  %i1 = add i64 %i, 1
  br label %head
end:
  ret void
}

define internal void @move(ptr %to, ptr %from, i64 %place) alwaysinline {
  %n = call i64 @get(ptr %from, i64 %place)
  call void @increase(ptr %to, i64 %place, i64 %n)
  call void @set(ptr %from, i64 %place, i64 0)
  ret void
}
