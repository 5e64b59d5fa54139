// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** A named logger that writes to the process's log. */
final class BarmanLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    /** Below DEBUG, which Python has no name for. */
    private static final LogLevel TRACE = new LogLevel(5);

    private final transient LogOutput output;

    @SuppressWarnings("this-escape")
    BarmanLogger(String name, LogOutput output) {
        this.name = name;
        this.output = output;
    }

    @Override
    public boolean isTraceEnabled() {
        return output.isEnabled(TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return output.isEnabled(LogLevel.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return output.isEnabled(LogLevel.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return output.isEnabled(LogLevel.WARNING);
    }

    @Override
    public boolean isErrorEnabled() {
        return output.isEnabled(LogLevel.ERROR);
    }

    @Override
    public boolean isErrorEnabled(@Nullable Marker marker) {
        return output.isEnabled(errorLevel(marker));
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level,
            @Nullable Marker marker,
            @Nullable String message,
            @Nullable Object @Nullable [] arguments,
            @Nullable Throwable failure) {
        String text = arguments == null || arguments.length == 0
                ? String.valueOf(message)
                : MessageFormatter.basicArrayFormat(String.valueOf(message), arguments);
        output.write(name, number(level, marker), text, failure);
    }

    private static LogLevel number(Level level, @Nullable Marker marker) {
        return switch (level) {
            case TRACE -> TRACE;
            case DEBUG -> LogLevel.DEBUG;
            case INFO -> LogLevel.INFO;
            case WARN -> LogLevel.WARNING;
            case ERROR -> errorLevel(marker);
        };
    }

    private static LogLevel errorLevel(@Nullable Marker marker) {
        return marker != null && BarmanLog.CRITICAL_MARKER.equals(marker.getName())
                ? LogLevel.CRITICAL
                : LogLevel.ERROR;
    }
}
