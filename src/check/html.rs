//! A report as one page that needs nothing beside itself: no script, no other file.

use std::fmt::{Display, Write as _};

use super::{Borders, Claim, Listed, Mismatch, Report};
use crate::city::portal::LinkStatus;
use crate::city::{Lang, Level, Localized};

const STYLE: &str = include_str!("page.css");

/// Writes the page in a language. Everything that comes from records is escaped.
pub fn page(report: &Report, lang: Lang) -> String {
    let mut page = Page { out: String::new(), lang };
    page.head(report);
    page.coverage(report);
    page.missing(report);
    page.points(report);
    page.portals(report);
    for borders in &report.borders {
        page.borders(report, borders);
    }
    page.residents(&report.residents);
    page.rules(report);
    page.out += "</main></body></html>\n";
    page.out
}

struct Page {
    out: String,
    lang: Lang,
}

/// A text that cannot be taken for markup.
struct Safe<'a>(&'a str);

impl Display for Safe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl Page {
    /// The words of the page's language.
    fn t<'s>(&self, zh: &'s str, en: &'s str) -> &'s str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    fn name<'n>(&self, name: &'n Localized) -> Safe<'n> {
        Safe(name.get(self.lang))
    }

    // Writing to memory does not fail.
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(text);
    }

    fn head(&mut self, r: &Report) {
        let (tag, title) = (self.t("zh-CN", "en"), self.t("数据质量", "Data quality"));
        self.put(format_args!(
            "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{city} · {title}</title><style>{STYLE}</style></head><body><header>\
             <h1><span>{city}</span> {title}</h1><p>{date} · {version}</p></header><main>",
            city = self.name(&r.city),
            date = r.date,
            version = Safe(&r.version),
        ));
        let dead = r.count(super::Fault::DeadLinks);
        let unchecked = r.portals.iter().filter(|p| p.status == LinkStatus::Unchecked).count();
        let tiles = [
            (r.points.count, self.t("服务点", "service points"), false),
            (r.points.claims.count, self.t("自称在别的区", "say another district"), true),
            (r.points.outside.count, self.t("不在任何区", "in no district"), true),
            (r.points.stale.count, self.t("久未核实", "not seen for long"), true),
            (dead, self.t("失效的预约链接", "dead booking links"), true),
            (unchecked, self.t("未核验的链接", "unchecked links"), true),
            (r.count(super::Fault::Overlaps), self.t("处重叠", "overlaps"), true),
            (r.count(super::Fault::Gaps), self.t("处空隙", "gaps"), true),
            (r.residents.count, self.t("处人口不符", "doubtful populations"), true),
            (r.rules.len(), self.t("条规则有问题", "doubtful rules"), true),
        ];
        self.out += "<ul class=\"tiles\">";
        for (count, label, bad) in tiles {
            let class = if bad { if count == 0 { "good" } else { "bad" } } else { "" };
            self.put(format_args!("<li class=\"{class}\"><b>{count}</b>{label}</li>"));
        }
        self.out += "</ul>";
        let heads = [
            self.t("级别", "Level"),
            self.t("法定边界", "Official border"),
            self.t("近似边界", "Approximate border"),
            self.t("没有边界", "No border"),
            self.t("已知人口", "Known population"),
        ];
        self.section(self.t("区划", "Divisions"), "");
        self.table(&heads);
        for level in &r.levels {
            let cells =
                [level.authoritative, level.approximate, level.without_area, level.with_residents];
            self.put(format_args!("<tr><th>{}</th>", self.name(&level.name)));
            for cell in cells {
                self.number(cell);
            }
            self.out += "</tr>";
        }
        self.out += "</tbody></table></div></section>";
    }

    fn section(&mut self, title: &str, note: &str) {
        self.put(format_args!("<section><h2>{title}</h2>"));
        if !note.is_empty() {
            self.put(format_args!("<p class=\"note\">{note}</p>"));
        }
    }

    fn table(&mut self, heads: &[&str]) {
        self.out += "<div class=\"wide\"><table><thead><tr>";
        for head in heads {
            self.put(format_args!("<th scope=\"col\">{head}</th>"));
        }
        self.out += "</tr></thead><tbody>";
    }

    fn number(&mut self, n: usize) {
        let class = if n == 0 { "n zero" } else { "n" };
        self.put(format_args!("<td class=\"{class}\">{n}</td>"));
    }

    fn coverage(&mut self, r: &Report) {
        let note = self.t(
            "每区每类的服务点数；空格是没有。",
            "Service points of each kind in each district; an empty cell has none.",
        );
        self.section(self.t("覆盖", "Coverage"), note);
        let names: Vec<String> =
            r.coverage.categories.iter().map(|c| self.name(&c.name).to_string()).collect();
        let mut heads = vec![self.t("区", "District")];
        heads.extend(names.iter().map(String::as_str));
        self.table(&heads);
        let most = r.coverage.districts.iter().flat_map(|d| &d.points).max().copied().unwrap_or(1);
        for row in &r.coverage.districts {
            self.put(format_args!("<tr><th scope=\"row\">{}</th>", self.name(&row.district.name)));
            for n in &row.points {
                if *n == 0 {
                    self.out += "<td class=\"n none\"></td>";
                } else {
                    // Square root: small numbers should differ visibly.
                    let share = (*n as f64 / most.max(1) as f64).sqrt() * 60.0;
                    self.put(format_args!("<td class=\"n\" style=\"--s:{share:.0}%\">{n}</td>"));
                }
            }
            self.out += "</tr>";
        }
        self.out += "</tbody></table></div></section>";
    }

    fn missing(&mut self, r: &Report) {
        self.section(self.t("缺什么", "What is missing"), "");
        let heads = [
            self.t("类别", "Category"),
            self.t("服务点", "Points"),
            self.t("无开放时间", "No hours"),
            self.t("无电话", "No phone"),
            self.t("无地址", "No address"),
            self.t("无观测日期", "No date seen"),
        ];
        self.table(&heads);
        for m in &r.points.missing {
            self.put(format_args!("<tr><th scope=\"row\">{}</th>", self.name(&m.name)));
            self.number(m.points);
            for n in [m.hours, m.phone, m.address, m.observed_at] {
                let share = n as f64 * 100.0 / m.points.max(1) as f64;
                self.put(format_args!(
                    "<td class=\"n\"><span class=\"bar\" style=\"--w:{share:.0}%\"></span>{n}</td>"
                ));
            }
            self.out += "</tr>";
        }
        self.out += "</tbody></table></div></section>";
    }

    /// How many of a list are left out of the page.
    fn rest<T>(&mut self, list: &Listed<T>) {
        let left = list.count - list.first.len();
        if left > 0 {
            let said = self.t("条未列出", "more are not listed");
            self.put(format_args!("<p class=\"note\">{left} {said}</p>"));
        }
    }

    fn points(&mut self, r: &Report) {
        let p = &r.points;
        if p.claims.count > 0 {
            let note = self.t(
                "名称或地址说在一个区，坐标却在另一个区。“存疑”：离边界近，也可能是边界不准。",
                "The name or address says one district, the position is in another. “Doubtful”: so near to the border that the border may be wrong.",
            );
            self.section(self.t("位置与自称不符", "Not where they say"), note);
            let heads = [
                self.t("服务点", "Point"),
                self.t("自称", "Says"),
                self.t("坐标在", "Lies in"),
                self.t("相距", "Off by"),
            ];
            self.table(&heads);
            for claim in &p.claims.first {
                self.claim(claim);
            }
            self.out += "</tbody></table></div>";
            self.rest(&p.claims);
            self.out += "</section>";
        }
        let stale =
            format!("{} {}", self.t("最后一次观测早于", "Last seen before"), p.stale_before);
        for (title, note, list) in [
            (self.t("不在任何区", "In no district"), "", &p.outside),
            (self.t("久未核实", "Not seen for long"), stale.as_str(), &p.stale),
        ] {
            if list.count == 0 {
                continue;
            }
            self.section(title, note);
            self.out += "<ul class=\"list\">";
            for row in &list.first {
                let (id, name) = (Safe(&row.id), self.name(&row.name));
                self.put(format_args!("<li>{name} <code>{id}</code>"));
                if let Some(seen) = row.observed_at {
                    self.put(format_args!(" {seen}"));
                }
                self.out += "</li>";
            }
            self.out += "</ul>";
            self.rest(list);
            self.out += "</section>";
        }
    }

    fn claim(&mut self, claim: &Claim) {
        let nowhere = self.t("不在任何区", "no district");
        let lies_in = claim.lies_in.as_ref().map_or(nowhere, |name| name.get(self.lang));
        self.put(format_args!(
            "<tr><td>{} <code>{}</code></td><td>{}</td><td>{}</td><td class=\"n\">",
            self.name(&claim.point.name),
            Safe(&claim.point.id),
            self.name(&claim.says),
            Safe(lies_in)
        ));
        if let Some(m) = claim.off_m {
            self.put(format_args!("{m} m"));
        }
        if claim.doubtful {
            self.put(format_args!(" <i>{}</i>", self.t("存疑", "doubtful")));
        }
        self.out += "</td></tr>";
    }

    fn portals(&mut self, r: &Report) {
        let note = self.t(
            "失效的链接不再给市民；首页链接要自己找入口。",
            "A dead link is no longer offered; behind a front page one has to look for the form.",
        );
        self.section(self.t("预约入口", "Where visits are booked"), note);
        let heads = [
            self.t("入口", "Portal"),
            self.t("链接", "Link"),
            self.t("到哪里", "Leads to"),
            self.t("状态", "Status"),
            self.t("服务点", "Points"),
        ];
        self.table(&heads);
        for p in &r.portals {
            let (class, status) = match p.status {
                LinkStatus::Ok => ("good", self.t("正常", "ok")),
                LinkStatus::Unchecked => ("warn", self.t("未核验", "unchecked")),
                LinkStatus::Failing => ("bad", self.t("暂未响应", "failing")),
                LinkStatus::Dead => ("bad", self.t("失效", "dead")),
            };
            let leads = match (p.url.is_empty(), p.deep) {
                (true, _) => self.t("电话", "telephone"),
                (false, true) => self.t("表单", "the form"),
                (false, false) => self.t("首页", "front page"),
            };
            self.put(format_args!(
                "<tr><th scope=\"row\">{}</th><td class=\"url\">{}</td><td>{leads}</td>\
                 <td class=\"{class}\">{status}</td><td class=\"n\">{}</td></tr>",
                self.name(&p.name),
                Safe(&p.url),
                p.points
            ));
        }
        self.out += "</tbody></table></div></section>";
    }

    fn borders(&mut self, r: &Report, b: &Borders) {
        let level = r.levels.iter().find(|l| l.level == b.level);
        let name = level.map_or(b.level.key(), |l| l.name.get(self.lang)).to_owned();
        let title = format!("{}{}", Safe(&name), self.t("：重叠与空隙", ": overlaps and gaps"));
        let (overlap, gap) = (self.ground(b.overlap_m2), self.ground(b.gap_m2));
        let (overlaps, gaps) = (b.overlaps.count, b.gaps.count);
        let note = match self.lang {
            Lang::Zh => format!("{overlaps} 处重叠（{overlap}），{gaps} 处空隙（{gap}）"),
            Lang::En => format!("{overlaps} overlaps ({overlap}), {gaps} gaps ({gap})"),
        };
        self.section(&title, &note);
        if b.not_compared > 0 {
            let said =
                self.t("处轮廓太长，没有比较", "outlines are too long and were not compared");
            self.put(format_args!("<p class=\"warn\">{} {said}</p>", b.not_compared));
        }
        if b.overlaps.count > 0 {
            self.table(&[
                self.t("重叠的两个", "The two"),
                self.t("面积", "Ground"),
                self.t("位置", "Where"),
            ]);
            for seam in &b.overlaps.first {
                let both = format!("{} · {}", self.name(&seam.a.1), self.name(&seam.b.1));
                self.ground_row(&both, seam.area_m2, seam.at);
            }
            self.out += "</tbody></table></div>";
            self.rest(&b.overlaps);
        }
        if b.gaps.count > 0 {
            let of = if b.level == Level::District {
                self.t("被包围的空隙", "Surrounded ground")
            } else {
                self.t("属于", "Part of")
            };
            self.table(&[of, self.t("面积", "Ground"), self.t("位置", "Where")]);
            for patch in &b.gaps.first {
                let within = patch
                    .within
                    .as_ref()
                    .map_or_else(|| "—".to_owned(), |w| self.name(&w.1).to_string());
                self.ground_row(&within, patch.area_m2, patch.at);
            }
            self.out += "</tbody></table></div>";
            self.rest(&b.gaps);
        }
        self.out += "</section>";
    }

    /// `what` is escaped already.
    fn ground_row(&mut self, what: &str, m2: f64, at: [f64; 2]) {
        let [lon, lat] = at;
        self.put(format_args!(
            "<tr><td>{what}</td><td class=\"n\">{}</td><td class=\"n\">{lon:.5}, {lat:.5}</td></tr>",
            self.ground(m2)
        ));
    }

    fn ground(&self, m2: f64) -> String {
        if m2 < 100_000.0 {
            format!("{m2:.0} {}", self.t("平方米", "m²"))
        } else {
            format!("{:.2} {}", m2 / 1e6, self.t("平方公里", "km²"))
        }
    }

    fn residents(&mut self, found: &Listed<Mismatch>) {
        if found.count == 0 {
            return;
        }
        let note = self.t(
            "与所属下级之和相差超过二十分之一，或少于已知的下级之和。",
            "More than a twentieth from the sum of the parts, or less than what is known of them.",
        );
        self.section(self.t("人口与下级不符", "Populations that are not those of the parts"), note);
        self.table(&[
            self.t("区划", "Division"),
            self.t("人口", "Population"),
            self.t("日期", "Day"),
            self.t("下级之和", "Sum of the parts"),
            self.t("已知的下级", "Known parts"),
            self.t("下级的日期", "Days of the parts"),
        ]);
        for m in &found.first {
            let (name, code) = (self.name(&m.division.name), Safe(&m.division.code));
            self.put(format_args!(
                "<tr><th scope=\"row\">{name} <code>{code}</code></th><td class=\"n\">{}</td>\
                 <td>{}</td><td class=\"n\">{}</td><td class=\"n\">{} / {}</td><td>{} – {}</td></tr>",
                m.count, m.on, m.sum, m.known, m.parts, m.from, m.to
            ));
        }
        self.out += "</tbody></table></div>";
        self.rest(found);
        self.out += "</section>";
    }

    fn rules(&mut self, r: &Report) {
        if r.rules.is_empty() {
            return;
        }
        self.section(self.t("由谁处理的规则", "Rules of who must act"), "");
        self.out += "<ul class=\"list\">";
        for rule in &r.rules {
            self.put(format_args!("<li>{}</li>", self.name(&rule.detail)));
        }
        self.out += "</ul></section>";
    }
}
