// What Swift cannot import from libpq and the C library by itself:
// character-literal macros, variadic functions and GNU extensions.
#pragma once

#include <libpq-fe.h>
#include <sys/prctl.h>

/// The fields of a server error, as PQresultErrorField takes them.
enum pgdriver_error_field {
    PGDRIVER_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED,
    PGDRIVER_SQLSTATE = PG_DIAG_SQLSTATE,
    PGDRIVER_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
    PGDRIVER_DETAIL = PG_DIAG_MESSAGE_DETAIL,
    PGDRIVER_HINT = PG_DIAG_MESSAGE_HINT,
    PGDRIVER_SCHEMA = PG_DIAG_SCHEMA_NAME,
    PGDRIVER_TABLE = PG_DIAG_TABLE_NAME,
    PGDRIVER_COLUMN = PG_DIAG_COLUMN_NAME,
    PGDRIVER_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME,
};

static inline const char *pgdriver_result_field(const PGresult *result, enum pgdriver_error_field field) {
    return PQresultErrorField(result, (int)field);
}

static void pgdriver_discard_notice(void *argument, const char *message) {
    (void)argument;
    (void)message;
}

/// libpq prints notices to standard error unless told otherwise; a driver must not.
static inline void pgdriver_discard_notices(PGconn *connection) {
    PQsetNoticeProcessor(connection, pgdriver_discard_notice, 0);
}

/// Names the calling thread for debuggers and top; the kernel keeps 15 characters.
static inline void pgdriver_name_thread(const char *name) {
    prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL);
}
