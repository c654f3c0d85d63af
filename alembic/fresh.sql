CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE lineage (
	id INTEGER NOT NULL, 
	epoch VARCHAR NOT NULL, 
	secret VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE site (
	id VARCHAR(11) NOT NULL, 
	name VARCHAR NOT NULL, 
	edit_window INTEGER NOT NULL, 
	created_at BIGINT NOT NULL, signing_key VARCHAR, reasons JSON DEFAULT '[]' NOT NULL, queue_revision BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE visit (
	visit_hash VARCHAR NOT NULL, 
	day INTEGER NOT NULL, 
	PRIMARY KEY (visit_hash)
);
CREATE INDEX ix_visit_day ON visit (day);
CREATE TABLE author (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	token_hash VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, flags_right INTEGER DEFAULT '0' NOT NULL, flags_wrong INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	UNIQUE (site_id, token_hash)
);
CREATE TABLE moderator (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	name VARCHAR NOT NULL, 
	skeleton VARCHAR NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_at BIGINT NOT NULL, 
	revoked_at BIGINT, address VARCHAR, password_hash VARCHAR, totp_secret VARCHAR, totp_step BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	UNIQUE (site_id, skeleton)
);
CREATE TABLE origin (
	origin VARCHAR NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	PRIMARY KEY (origin), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_origin_site_id ON origin (site_id);
CREATE TABLE page (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	"key" VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	title VARCHAR NOT NULL, 
	public_revision BIGINT NOT NULL, 
	staff_revision BIGINT NOT NULL, 
	views BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, reference VARCHAR, anchors INTEGER DEFAULT '0' NOT NULL, published_at BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	UNIQUE (site_id, "key")
);
CREATE TABLE waitingview (
	site_id VARCHAR(11) NOT NULL, 
	"key" VARCHAR NOT NULL, 
	views INTEGER NOT NULL, 
	seen_at BIGINT NOT NULL, 
	PRIMARY KEY (site_id, "key"), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_waitingview_seen_at ON waitingview (seen_at);
CREATE TABLE onetimecode (
	code_hash VARCHAR NOT NULL, 
	moderator_id VARCHAR(11) NOT NULL, 
	origin VARCHAR, 
	session_id VARCHAR(11), 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (code_hash), 
	FOREIGN KEY(moderator_id) REFERENCES moderator (id)
);
CREATE INDEX ix_onetimecode_expires_at ON onetimecode (expires_at);
CREATE INDEX ix_onetimecode_moderator_id ON onetimecode (moderator_id);
CREATE TABLE outline (
	page_id VARCHAR(11) NOT NULL, 
	hash VARCHAR NOT NULL, 
	sections JSON NOT NULL, 
	created_at BIGINT NOT NULL, source VARCHAR(16) DEFAULT 'seen' NOT NULL, size INTEGER DEFAULT '0' NOT NULL, places JSON DEFAULT '[]' NOT NULL, excerpts JSON DEFAULT '[]' NOT NULL, network VARCHAR, referenced_at BIGINT, 
	PRIMARY KEY (page_id, hash), 
	FOREIGN KEY(page_id) REFERENCES page (id)
);
CREATE TABLE section (
	id VARCHAR(11) NOT NULL, 
	page_id VARCHAR(11) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	heading VARCHAR NOT NULL, 
	comments INTEGER NOT NULL, 
	shown INTEGER NOT NULL, 
	pending INTEGER NOT NULL, 
	hidden INTEGER NOT NULL, 
	last_at BIGINT, 
	faces JSON NOT NULL, 
	public_revision BIGINT NOT NULL, 
	staff_revision BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, outline_hash VARCHAR, at INTEGER DEFAULT '0' NOT NULL, is_shared BOOLEAN DEFAULT 0 NOT NULL, pace INTEGER DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(page_id) REFERENCES page (id)
);
CREATE INDEX ix_section_page_id ON section (page_id);
CREATE TABLE staffsession (
	id VARCHAR(11) NOT NULL, 
	token_hash VARCHAR NOT NULL, 
	moderator_id VARCHAR(11) NOT NULL, 
	scope VARCHAR(16) NOT NULL, 
	granted_by VARCHAR(11), 
	expires_at BIGINT NOT NULL, 
	revoked_at BIGINT, device VARCHAR DEFAULT '' NOT NULL, created_at BIGINT DEFAULT '0' NOT NULL, seen_at BIGINT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(moderator_id) REFERENCES moderator (id), 
	UNIQUE (token_hash)
);
CREATE INDEX ix_staffsession_expires_at ON staffsession (expires_at);
CREATE INDEX ix_staffsession_granted_by ON staffsession (granted_by);
CREATE INDEX ix_staffsession_moderator_id ON staffsession (moderator_id);
CREATE TABLE comment (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	page_id VARCHAR(11) NOT NULL, 
	section_id VARCHAR(11) NOT NULL, 
	parent_id VARCHAR(11), 
	root_id VARCHAR(11) NOT NULL, 
	path VARCHAR(704) NOT NULL, 
	depth INTEGER NOT NULL, 
	author_id VARCHAR(11), 
	author_name VARCHAR NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	source VARCHAR NOT NULL, 
	html VARCHAR NOT NULL, 
	renderer INTEGER NOT NULL, 
	reason VARCHAR, 
	outline_hash VARCHAR, 
	support INTEGER NOT NULL, 
	flags INTEGER NOT NULL, 
	shown BOOLEAN NOT NULL, 
	shown_since BIGINT NOT NULL, 
	shown_replies INTEGER NOT NULL, 
	thread_shown INTEGER NOT NULL, 
	thread_size INTEGER NOT NULL, 
	public_revision BIGINT NOT NULL, 
	staff_revision BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	edited_at BIGINT, 
	published_at BIGINT, edition INTEGER DEFAULT '0' NOT NULL, held INTEGER, appealed BOOLEAN DEFAULT 0 NOT NULL, waits BOOLEAN DEFAULT 0 NOT NULL, item_id VARCHAR(11), why JSON DEFAULT '[]' NOT NULL, kin VARCHAR, network VARCHAR, learned VARCHAR, 
	PRIMARY KEY (id), 
	FOREIGN KEY(author_id) REFERENCES author (id), 
	FOREIGN KEY(page_id) REFERENCES page (id), 
	FOREIGN KEY(parent_id) REFERENCES comment (id), 
	FOREIGN KEY(section_id) REFERENCES section (id), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_comment_public_changes ON comment (page_id, public_revision);
CREATE INDEX ix_comment_staff_changes ON comment (page_id, staff_revision);
CREATE INDEX ix_comment_thread ON comment (root_id, path);
CREATE TABLE flag (
	comment_id VARCHAR(11) NOT NULL, 
	author_id VARCHAR(11) NOT NULL, 
	reason VARCHAR NOT NULL, 
	note VARCHAR NOT NULL, 
	created_at BIGINT NOT NULL, answered_by VARCHAR(11), 
	PRIMARY KEY (comment_id, author_id), 
	FOREIGN KEY(author_id) REFERENCES author (id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE INDEX ix_flag_author_id ON flag (author_id);
CREATE TABLE posted (
	author_id VARCHAR(11) NOT NULL, 
	nonce VARCHAR NOT NULL, 
	body_hash VARCHAR NOT NULL, 
	comment_id VARCHAR(11) NOT NULL, 
	PRIMARY KEY (author_id, nonce), 
	FOREIGN KEY(author_id) REFERENCES author (id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE INDEX ix_posted_comment_id ON posted (comment_id);
CREATE TABLE publicspan (
	comment_id VARCHAR(11) NOT NULL, 
	since BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (comment_id, since), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE TABLE reaction (
	comment_id VARCHAR(11) NOT NULL, 
	author_id VARCHAR(11) NOT NULL, 
	PRIMARY KEY (comment_id, author_id), 
	FOREIGN KEY(author_id) REFERENCES author (id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE INDEX ix_reaction_author_id ON reaction (author_id);
CREATE TABLE supportchange (
	page_id VARCHAR(11) NOT NULL, 
	revision BIGINT NOT NULL, 
	comment_id VARCHAR(11) NOT NULL, 
	section_id VARCHAR(11) NOT NULL, 
	delta INTEGER NOT NULL, 
	PRIMARY KEY (page_id, revision), 
	FOREIGN KEY(comment_id) REFERENCES comment (id), 
	FOREIGN KEY(page_id) REFERENCES page (id)
);
CREATE TABLE pagealias (
	site_id VARCHAR(11) NOT NULL, 
	"key" VARCHAR NOT NULL, 
	page_id VARCHAR(11) NOT NULL, 
	PRIMARY KEY (site_id, "key"), 
	FOREIGN KEY(page_id) REFERENCES page (id), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_pagealias_page_id ON pagealias (page_id);
CREATE TABLE pagemove (
	page_id VARCHAR(11) NOT NULL, 
	"key" VARCHAR NOT NULL, 
	url VARCHAR NOT NULL, 
	seen_at BIGINT NOT NULL, 
	asked_at BIGINT, 
	found VARCHAR, 
	settled_at BIGINT, 
	PRIMARY KEY (page_id, "key"), 
	FOREIGN KEY(page_id) REFERENCES page (id)
);
CREATE TABLE sighting (
	page_id VARCHAR(11) NOT NULL, 
	hash VARCHAR NOT NULL, 
	network VARCHAR NOT NULL, 
	first_at BIGINT NOT NULL, 
	last_at BIGINT NOT NULL, 
	PRIMARY KEY (page_id, hash, network), 
	FOREIGN KEY(page_id) REFERENCES page (id)
);
CREATE INDEX ix_sighting_last_at ON sighting (last_at);
CREATE TABLE anchoring (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	page_id VARCHAR(11) NOT NULL, 
	section_id VARCHAR(11), 
	move VARCHAR(16) NOT NULL, 
	old_hash VARCHAR, 
	at INTEGER, 
	new_hash VARCHAR, 
	"to" INTEGER, 
	score FLOAT NOT NULL, 
	reason VARCHAR NOT NULL, 
	place VARCHAR(11), 
	moderator_id VARCHAR(11), 
	answers VARCHAR(11), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(moderator_id) REFERENCES moderator (id), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_page_reference ON page (site_id, reference);
CREATE INDEX ix_anchoring_site_id ON anchoring (site_id);
CREATE INDEX ix_anchoring_page_id ON anchoring (page_id);
CREATE INDEX ix_anchoring_answers ON anchoring (answers);
CREATE TRIGGER anchoring_is_kept_UPDATE BEFORE UPDATE ON anchoring
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER anchoring_is_kept_DELETE BEFORE DELETE ON anchoring
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE INDEX ix_moderator_address ON moderator (address);
CREATE UNIQUE INDEX ux_moderator_address ON moderator (site_id, address);
CREATE INDEX ix_flag_answered_by ON flag (answered_by);
CREATE INDEX ix_comment_site ON comment (site_id, id);
CREATE TABLE edition (
	comment_id VARCHAR(11) NOT NULL, 
	number INTEGER NOT NULL, 
	source VARCHAR NOT NULL, 
	html VARCHAR NOT NULL, 
	renderer INTEGER NOT NULL, 
	edited_at BIGINT, 
	PRIMARY KEY (comment_id, number), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE TABLE queueitem (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	comment_id VARCHAR(11) NOT NULL, 
	kin VARCHAR, 
	kinds VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	is_open BOOLEAN NOT NULL, 
	claimed_by VARCHAR(11), 
	claimed_at BIGINT, 
	revision BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id), 
	FOREIGN KEY(claimed_by) REFERENCES moderator (id)
);
CREATE INDEX ix_queueitem_open ON queueitem (site_id, is_open, id);
CREATE INDEX ix_queueitem_kin ON queueitem (site_id, kin, is_open);
CREATE INDEX ix_queueitem_changes ON queueitem (site_id, revision);
CREATE INDEX ix_queueitem_comment_id ON queueitem (comment_id);
CREATE TABLE appeal (
	decision_id VARCHAR(11) NOT NULL, 
	comment_id VARCHAR(11) NOT NULL, 
	text VARCHAR NOT NULL, 
	answered_by VARCHAR(11), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (decision_id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id)
);
CREATE INDEX ix_appeal_comment_id ON appeal (comment_id);
CREATE TABLE rule (
	site_id VARCHAR(11) NOT NULL, 
	number INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	effect VARCHAR NOT NULL, 
	settings JSON NOT NULL, 
	is_on BOOLEAN NOT NULL, 
	moderator_id VARCHAR(11), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (site_id, number, version), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	FOREIGN KEY(moderator_id) REFERENCES moderator (id)
);
CREATE TABLE spamword (
	site_id VARCHAR(11) NOT NULL, 
	word VARCHAR NOT NULL, 
	spam INTEGER NOT NULL, 
	ham INTEGER NOT NULL, 
	PRIMARY KEY (site_id, word), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE TABLE networkkey (
	starts_at BIGINT NOT NULL, 
	secret VARCHAR NOT NULL, 
	PRIMARY KEY (starts_at)
);
CREATE TABLE ban (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	author_id VARCHAR(11), 
	network VARCHAR, 
	name VARCHAR NOT NULL, 
	reason VARCHAR, 
	until BIGINT, 
	lifted_at BIGINT, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(site_id) REFERENCES site (id), 
	FOREIGN KEY(author_id) REFERENCES author (id)
);
CREATE INDEX ix_ban_author ON ban (site_id, author_id);
CREATE INDEX ix_ban_network ON ban (site_id, network);
CREATE TABLE "decision" (
	id VARCHAR(11) NOT NULL, 
	site_id VARCHAR(11) NOT NULL, 
	comment_id VARCHAR(11), 
	section_id VARCHAR(11), 
	ban_id VARCHAR(11), 
	account_id VARCHAR(11), 
	moderator_id VARCHAR(11), 
	move VARCHAR NOT NULL, 
	from_state VARCHAR NOT NULL, 
	to_state VARCHAR NOT NULL, 
	reason VARCHAR, 
	from_reason VARCHAR, 
	note VARCHAR, 
	rule INTEGER, 
	rule_version INTEGER, 
	why VARCHAR, 
	edition INTEGER, 
	batch VARCHAR(11), 
	undoes VARCHAR(11), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(comment_id) REFERENCES comment (id), 
	FOREIGN KEY(moderator_id) REFERENCES moderator (id), 
	FOREIGN KEY(site_id) REFERENCES site (id)
);
CREATE INDEX ix_decision_site ON decision (site_id, id);
CREATE INDEX ix_decision_moderator ON decision (moderator_id, id);
CREATE INDEX ix_decision_comment_id ON decision (comment_id);
CREATE INDEX ix_decision_section_id ON decision (section_id);
CREATE INDEX ix_decision_ban_id ON decision (ban_id);
CREATE INDEX ix_decision_batch ON decision (batch);
CREATE INDEX ix_decision_undoes ON decision (undoes);
CREATE TRIGGER decision_is_kept_UPDATE BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decision_is_kept_DELETE BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE INDEX ix_comment_recent ON comment (section_id, shown, id);
CREATE INDEX ix_comment_author ON comment (author_id, site_id, id);
CREATE INDEX ix_comment_roots ON comment (section_id, id) WHERE depth = 0;
CREATE INDEX ix_comment_public_roots ON comment (section_id, shown, id) WHERE depth = 0;
CREATE INDEX ix_comment_hidden ON comment (site_id, id) WHERE state = 'hidden';
CREATE INDEX ix_comment_kin ON comment (site_id, kin, id) WHERE kin IS NOT NULL;
CREATE INDEX ix_comment_networks ON comment (site_id, network, id) WHERE network IS NOT NULL;
CREATE INDEX ix_comment_items ON comment (item_id, waits, id) WHERE item_id IS NOT NULL;
CREATE INDEX ix_comment_waiting ON comment (site_id, id) WHERE waits IS 1;
CREATE INDEX ix_comment_support ON comment (section_id, shown, support DESC, id) WHERE depth = 0;
INSERT INTO alembic_version VALUES ('0006');
