/* forget/grace: the grace wait's marks. */
#include "common/forget/grace.h"

#include "common/error/error.h"

/* Ordered anew, it is another order, with tombstones of its own. */
static int64_t mark_of(const struct grace *grace, const struct grace_task *task, int64_t next)
{
    for (size_t i = 0; i < grace->n; i++)
        if (grace->marks[i].order == task->order && uuid_equal(&grace->marks[i].request, &task->request))
            return grace->marks[i].mark;
    return next;
}

size_t grace_look(struct grace *grace, struct grace_task *tasks, size_t n, int64_t oldest, int64_t next, int64_t *until)
{
    struct grace kept = {0};

    ENSURE(n <= GRACE_MOST);
    *until = next;
    for (size_t i = 0; i < n; i++) {
        int64_t mark = mark_of(grace, &tasks[i], next);
        tasks[i].ready = !tasks[i].destroys || mark <= oldest;
        if (tasks[i].ready)
            continue;
        kept.marks[kept.n++] = (struct grace_mark){.request = tasks[i].request, .order = tasks[i].order, .mark = mark};
        *until = mark < *until ? mark : *until;
    }
    *grace = kept;
    return kept.n;
}
