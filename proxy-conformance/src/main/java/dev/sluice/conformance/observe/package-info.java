/** What scenarios look at besides answers: rules, virtual servers, conntrack entries, metrics, the log. */
@NullMarked
package dev.sluice.conformance.observe;

import org.jspecify.annotations.NullMarked;
