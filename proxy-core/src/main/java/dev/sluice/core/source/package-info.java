/** What the cluster wants, as it says it: slim, unparsed objects and the source that delivers them. */
@NullMarked
package dev.sluice.core.source;

import org.jspecify.annotations.NullMarked;
