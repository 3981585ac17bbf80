BEGIN TRANSACTION;
CREATE TABLE adverse_event (
	owner_kind TEXT NOT NULL, 
	owner_id TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	follow_up TEXT, 
	level TEXT, 
	kind TEXT, 
	cirse_2026 TEXT, 
	sir_2003 TEXT, 
	causality TEXT, 
	outcome TEXT, 
	onset_on DATE, 
	transient BOOLEAN, 
	procedure_related BOOLEAN, 
	duration_days DOUBLE, 
	cirse_2017 INTEGER, 
	CONSTRAINT pk_adverse_event PRIMARY KEY (owner_kind, owner_id, position), 
	CONSTRAINT fk_adverse_event_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id), 
	CONSTRAINT fk_adverse_event_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "adverse_event" VALUES('procedure','X1','X1','P1','own',0,NULL,'L1','radiculopathy',NULL,NULL,NULL,NULL,'2024-03-01',NULL,NULL,NULL,NULL);
INSERT INTO "adverse_event" VALUES('follow-up','F1-1','X1','P1','own',0,'F1-1',NULL,'infection',NULL,NULL,'unrelated',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "adverse_event" VALUES('follow-up','F1-2','X1','P1','own',0,'F1-2',NULL,'infection',NULL,NULL,'unrelated',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE clock_event (
	procedure TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	event TEXT, 
	level TEXT, 
	site TEXT, 
	remark TEXT, 
	t_s DOUBLE, 
	injected_ml DOUBLE, 
	at DATETIME, 
	CONSTRAINT pk_clock_event PRIMARY KEY (procedure, position), 
	CONSTRAINT fk_clock_event_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "clock_event" VALUES('X1','own',0,'mix-start',NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "clock_event" VALUES('X1','own',1,'leak',NULL,'epidural',NULL,410.5,NULL,NULL);
CREATE TABLE follow_up (
	follow_up_id TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	days_after INTEGER, 
	relief_class INTEGER, 
	seen_on DATE, 
	died_on DATE, 
	window TEXT, 
	modality TEXT, 
	morphine_table TEXT, 
	analgesic_step TEXT, 
	improvement TEXT, 
	eq5d_profile TEXT, 
	cause_of_death TEXT, 
	lost_because TEXT, 
	not_evaluated_because TEXT, 
	remark TEXT, 
	pain_nrs DOUBLE, 
	pain_vas_mm DOUBLE, 
	morphine_mg_per_day DOUBLE, 
	rmdq DOUBLE, 
	odi_percent DOUBLE, 
	eq5d_vas DOUBLE, 
	new_fractures_looked_for BOOLEAN, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_follow_up PRIMARY KEY (follow_up_id), 
	CONSTRAINT fk_follow_up_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "follow_up" VALUES('F1-1','X1','P1','own',30,3,'2024-03-31',NULL,'1mo',NULL,NULL,NULL,'clear',NULL,NULL,NULL,NULL,NULL,2.5,NULL,NULL,NULL,NULL,NULL,NULL,1,4,'2026-11-21 18:27:05.492001','clerk','chief','2026-11-21 18:27:05.572268',0);
INSERT INTO "follow_up" VALUES('F1-2','X1','P1','own',365,3,'2025-03-01',NULL,'12mo',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2.5,NULL,NULL,NULL,NULL,NULL,NULL,1,5,'2026-11-21 18:27:05.492001','clerk',NULL,NULL,0);
CREATE TABLE imaged_level (
	follow_up TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	modality TEXT, 
	anterior_height_mm DOUBLE, 
	middle_height_mm DOUBLE, 
	posterior_height_mm DOUBLE, 
	kyphosis_deg DOUBLE, 
	displaced BOOLEAN, 
	CONSTRAINT pk_imaged_level PRIMARY KEY (follow_up, position), 
	CONSTRAINT fk_imaged_level_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "imaged_level" VALUES('F1-1','X1','P1','own',0,'L1',NULL,NULL,NULL,NULL,12.5,0);
INSERT INTO "imaged_level" VALUES('F1-2','X1','P1','own',0,'L1',NULL,NULL,NULL,NULL,12.5,0);
CREATE TABLE journal (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	"by" TEXT NOT NULL, 
	action TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	record_id TEXT NOT NULL, 
	previous_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	why TEXT, 
	old TEXT, 
	new TEXT, 
	CONSTRAINT pk_journal PRIMARY KEY (seq)
);
INSERT INTO "journal" VALUES(1,'2026-11-21 18:27:05.404038','vertebroplasty','add','series','own','0000000000000000000000000000000000000000000000000000000000000000','b9a0081f3c6cdf68f266cb352c6e01fe68b05a544819ca66adfa5046cc8d5236','A new registry.',NULL,'{"name":"own","title":"The department''s own patients","synthetic":false,"procedures_stated":true,"as_printed":[]}');
INSERT INTO "journal" VALUES(2,'2026-11-21 18:27:05.492001','clerk','import','patient','P1','b9a0081f3c6cdf68f266cb352c6e01fe68b05a544819ca66adfa5046cc8d5236','9c6cd955e76dcdb34563aeafb926ae0b1ae1c21ac340aeba36e1ca37356eadd0','first entry',NULL,'{"pseudonym":"P1","series":"own","sex":"female","birth_year":1941,"anticoagulants":["aspirin"]}');
INSERT INTO "journal" VALUES(3,'2026-11-21 18:27:05.492001','clerk','import','procedure','X1','9c6cd955e76dcdb34563aeafb926ae0b1ae1c21ac340aeba36e1ca37356eadd0','acbf65fb4ed4dfa2862ba9da98623358d5dd3a08213e2c3ca7c994bca0f4452a','first entry',NULL,'{"procedure_id":"X1","patient":"P1","performed_on":"2024-03-01","started_at":"2024-03-01T09:12:30.000250Z","operator":"O1","assistants":[],"screening":{"verdict":"emergency","fired_rules":["S-01","S-02"],"overrides":[],"rule_sets":["founding/1"]},"levels":[{"level":"L1","indication":"osteoporotic-fracture","fracture_on":"2024-02-01","genant_grade":2,"cement":{"product":"PMMA","mixed_at":"2024-03-01T09:30:00Z","total_ml":3.4},"leaks_looked_for_with":["ct","fluoroscopy"],"leaks":[{"site":"epidural","modality":"ct","symptomatic":true},{"site":"disc-above","volume_ml":0.2}],"planned":{"plan_id":"plan-1","simulated_leak_probability":0.4}},{"level":"L2","leaks_looked_for_with":[],"leaks":[]}],"events":[{"event":"mix-start","t_s":0.0},{"event":"leak","t_s":410.5,"site":"epidural"}],"adverse_events":[{"kind":"radiculopathy","level":"L1","onset_on":"2024-03-01"}],"remark":"Größe, 椎体, ½ ml; \"quoted\" \\ back"}');
INSERT INTO "journal" VALUES(4,'2026-11-21 18:27:05.492001','clerk','import','follow-up','F1-1','acbf65fb4ed4dfa2862ba9da98623358d5dd3a08213e2c3ca7c994bca0f4452a','4228fcc9835fb8a9c853a820348629d3270362d32e01add80a1e7946363422fa','first entry',NULL,'{"follow_up_id":"F1-1","procedure":"X1","seen_on":"2024-03-31","window":"1mo","pain_nrs":2.5,"relief_class":3,"improvement":"clear","imaged_levels":[{"level":"L1","kyphosis_deg":12.5,"displaced":false}],"new_fractures":[{"level":"L3","relation":"adjacent","found_on":"2024-03-30"}],"adverse_events":[{"kind":"infection","causality":"unrelated"}]}');
INSERT INTO "journal" VALUES(5,'2026-11-21 18:27:05.492001','clerk','import','follow-up','F1-2','4228fcc9835fb8a9c853a820348629d3270362d32e01add80a1e7946363422fa','1eb8b68b250fb4463a420390a4b49e5d1e0b8f73e51f351bda821bbeabcf3def','first entry',NULL,'{"follow_up_id":"F1-2","procedure":"X1","seen_on":"2025-03-01","window":"12mo","pain_nrs":2.5,"relief_class":3,"imaged_levels":[{"level":"L1","kyphosis_deg":12.5,"displaced":false}],"new_fractures":[{"level":"L3","relation":"adjacent","found_on":"2024-03-30"}],"adverse_events":[{"kind":"infection","causality":"unrelated"}]}');
INSERT INTO "journal" VALUES(6,'2026-11-21 18:27:05.559950','chief','amend','patient','P1','1eb8b68b250fb4463a420390a4b49e5d1e0b8f73e51f351bda821bbeabcf3def','9f41b17d45916af065bd9acb328ba8bd5528c5c5618a2d37744853f39d92d502','asked again','{"pseudonym":"P1","series":"own","sex":"female","birth_year":1941,"anticoagulants":["aspirin"]}','{"pseudonym":"P1","series":"own","sex":"female","birth_year":1941,"ecog":2,"anticoagulants":["aspirin"]}');
INSERT INTO "journal" VALUES(7,'2026-11-21 18:27:05.572268','chief','sign','follow-up','F1-1','9f41b17d45916af065bd9acb328ba8bd5528c5c5618a2d37744853f39d92d502','35ee27d9a96f38907c297d5a3ec76d9caa50b77bf67f1e5c77450aaf4d273bfb',NULL,NULL,'{"meaning": "checked", "version": 1}');
INSERT INTO "journal" VALUES(8,'2026-11-21 18:27:05.579379','chief','lock','procedure','X1','35ee27d9a96f38907c297d5a3ec76d9caa50b77bf67f1e5c77450aaf4d273bfb','deaa41ba9273049bfd387d0c80a61b88b065d84cb81d575a54dbfc1cc2e6dd1f','year closed',NULL,NULL);
CREATE TABLE journal_head (
	id INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_journal_head PRIMARY KEY (id)
);
INSERT INTO "journal_head" VALUES(1,8,'deaa41ba9273049bfd387d0c80a61b88b065d84cb81d575a54dbfc1cc2e6dd1f');
CREATE TABLE leak (
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	level TEXT NOT NULL, 
	level_position INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	site TEXT, 
	modality TEXT, 
	seen TEXT, 
	action TEXT, 
	volume_ml DOUBLE, 
	symptomatic BOOLEAN, 
	CONSTRAINT pk_leak PRIMARY KEY (procedure, level_position, position), 
	CONSTRAINT fk_leak_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "leak" VALUES('X1','P1','own','L1',0,0,'epidural','ct',NULL,NULL,NULL,1);
INSERT INTO "leak" VALUES('X1','P1','own','L1',0,1,'disc-above',NULL,NULL,NULL,0.2,NULL);
CREATE TABLE new_fracture (
	follow_up TEXT NOT NULL, 
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	relation TEXT, 
	modality TEXT, 
	found_on DATE, 
	symptomatic BOOLEAN, 
	CONSTRAINT pk_new_fracture PRIMARY KEY (follow_up, position), 
	CONSTRAINT fk_new_fracture_follow_up_follow_up FOREIGN KEY(follow_up) REFERENCES follow_up (follow_up_id)
);
INSERT INTO "new_fracture" VALUES('F1-1','X1','P1','own',0,'L3','adjacent',NULL,'2024-03-30',NULL);
INSERT INTO "new_fracture" VALUES('F1-2','X1','P1','own',0,'L3','adjacent',NULL,'2024-03-30',NULL);
CREATE TABLE patient (
	pseudonym TEXT NOT NULL, 
	series TEXT NOT NULL, 
	sex TEXT, 
	anticoagulants TEXT, 
	osteoporosis_treatment TEXT, 
	birth_year INTEGER, 
	ecog INTEGER, 
	asa INTEGER, 
	t_score DOUBLE, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_patient PRIMARY KEY (pseudonym), 
	CONSTRAINT fk_patient_series_series FOREIGN KEY(series) REFERENCES series (name)
);
INSERT INTO "patient" VALUES('P1','own','female','["aspirin"]',NULL,1941,2,NULL,NULL,2,6,'2026-11-21 18:27:05.559950','chief',NULL,NULL,0);
CREATE TABLE procedure (
	procedure_id TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	performed_on DATE, 
	discussed_on DATE, 
	started_at DATETIME, 
	centre TEXT, 
	operator TEXT, 
	assistants TEXT, 
	guidance TEXT, 
	anaesthesia TEXT, 
	intent TEXT, 
	consent_version TEXT, 
	remark TEXT, 
	screening_verdict TEXT, 
	screening_fired_rules TEXT, 
	screening_overrides TEXT, 
	screening_override_reason TEXT, 
	screening_rule_sets TEXT, 
	age_years DOUBLE, 
	room_temperature_c DOUBLE, 
	duration_min DOUBLE, 
	fluoroscopy_time_s DOUBLE, 
	dose_area_product_gy_cm2 DOUBLE, 
	air_kerma_mgy DOUBLE, 
	antibiotics BOOLEAN, 
	surgical_backup BOOLEAN, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_procedure PRIMARY KEY (procedure_id), 
	CONSTRAINT fk_procedure_patient_patient FOREIGN KEY(patient) REFERENCES patient (pseudonym)
);
INSERT INTO "procedure" VALUES('X1','P1','own','2024-03-01',NULL,'2024-03-01 09:12:30.000250',NULL,'O1','[]',NULL,NULL,NULL,NULL,'Größe, 椎体, ½ ml; "quoted" \ back','emergency','["S-01","S-02"]','[]',NULL,'["founding/1"]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3,'2026-11-21 18:27:05.492001','clerk',NULL,NULL,1);
CREATE TABLE series (
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	synthetic BOOLEAN NOT NULL, 
	procedures_stated BOOLEAN NOT NULL, 
	notes TEXT, 
	version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	entered_by TEXT NOT NULL, 
	signed_by TEXT, 
	signed_at DATETIME, 
	locked BOOLEAN NOT NULL, 
	CONSTRAINT pk_series PRIMARY KEY (name)
);
INSERT INTO "series" VALUES('own','The department''s own patients',0,1,NULL,1,1,'2026-11-21 18:27:05.404038','vertebroplasty',NULL,NULL,0);
CREATE TABLE series_statement (
	series TEXT NOT NULL, 
	statement TEXT NOT NULL, 
	source TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_series_statement PRIMARY KEY (series, position), 
	CONSTRAINT fk_series_statement_series_series FOREIGN KEY(series) REFERENCES series (name)
);
CREATE TABLE treated_level (
	procedure TEXT NOT NULL, 
	patient TEXT NOT NULL, 
	series TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	level TEXT, 
	indication TEXT, 
	genant_shape TEXT, 
	oedema TEXT, 
	posterior_wall TEXT, 
	bilsky TEXT, 
	approach TEXT, 
	leaks_looked_for_with TEXT, 
	cement_product TEXT, 
	cement_lot TEXT, 
	cement_udi TEXT, 
	cement_opacifier TEXT, 
	cement_stop_reason TEXT, 
	planned_plan_id TEXT, 
	fracture_on DATE, 
	fracture_age_days DOUBLE, 
	anterior_height_mm DOUBLE, 
	middle_height_mm DOUBLE, 
	posterior_height_mm DOUBLE, 
	wedge_angle_deg DOUBLE, 
	mobility_mm DOUBLE, 
	canal_compromise_percent DOUBLE, 
	trabecular_hu DOUBLE, 
	gauge DOUBLE, 
	cement_component_temperature_c DOUBLE, 
	cement_paste_start_s DOUBLE, 
	cement_injection_start_s DOUBLE, 
	cement_injection_end_s DOUBLE, 
	cement_left_ml DOUBLE, 
	cement_right_ml DOUBLE, 
	cement_total_ml DOUBLE, 
	planned_planned_ml DOUBLE, 
	planned_simulated_leak_probability DOUBLE, 
	planned_simulated_canal_probability DOUBLE, 
	genant_grade INTEGER, 
	of_grade INTEGER, 
	sins_total INTEGER, 
	needle_passes INTEGER, 
	cleft BOOLEAN, 
	hypervascular BOOLEAN, 
	phlebogram BOOLEAN, 
	balloon BOOLEAN, 
	cement_stylet_reinserted BOOLEAN, 
	cement_needle_out_under_fluoroscopy BOOLEAN, 
	cement_mixed_at DATETIME, 
	CONSTRAINT pk_treated_level PRIMARY KEY (procedure, position), 
	CONSTRAINT fk_treated_level_procedure_procedure FOREIGN KEY(procedure) REFERENCES procedure (procedure_id)
);
INSERT INTO "treated_level" VALUES('X1','P1','own',0,'L1','osteoporotic-fracture',NULL,NULL,NULL,NULL,NULL,'["ct","fluoroscopy"]','PMMA',NULL,NULL,NULL,NULL,'plan-1','2024-02-01',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,3.4,NULL,0.4,NULL,2,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'2024-03-01 09:30:00.000000');
INSERT INTO "treated_level" VALUES('X1','P1','own',1,'L2',NULL,NULL,NULL,NULL,NULL,NULL,'[]',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX ix_journal_record_id_kind ON journal (record_id, kind);
CREATE INDEX ix_patient_series_pseudonym ON patient (series, pseudonym);
CREATE INDEX ix_procedure_patient ON procedure (patient);
CREATE INDEX ix_procedure_counts ON procedure (series, performed_on, operator, intent);
CREATE INDEX ix_procedure_series_procedure_id ON procedure (series, procedure_id);
CREATE INDEX ix_follow_up_counts ON follow_up (series, "window", procedure, days_after, relief_class, improvement);
CREATE INDEX ix_follow_up_lost ON follow_up (series, procedure) WHERE lost_because IS NOT NULL;
CREATE INDEX ix_follow_up_not_evaluated ON follow_up (series, procedure) WHERE not_evaluated_because IS NOT NULL;
CREATE INDEX ix_follow_up_procedure ON follow_up (procedure);
CREATE INDEX ix_follow_up_series_died_on_patient ON follow_up (series, died_on, patient) WHERE died_on IS NOT NULL;
CREATE INDEX ix_follow_up_series_follow_up_id ON follow_up (series, follow_up_id);
CREATE INDEX ix_leak_counts ON leak (series, site, procedure, level_position, symptomatic, modality);
CREATE INDEX ix_treated_level_counts ON treated_level (series, indication, cement_total_ml, leaks_looked_for_with);
CREATE INDEX ix_adverse_event_series_kind_patient ON adverse_event (series, kind, patient);
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
CREATE TRIGGER journal_no_gap BEFORE INSERT ON journal WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal) BEGIN SELECT RAISE(ABORT, 'the journal of a registry only grows'); END;
COMMIT;
