package dev.sluice.userspace.routing;

/** What stands behind a portal. */
public record Route(LiveService service, Scope scope) {}
